"""What the service does.

following    a request's next situation
falling_due  what falls due of its SLAs, and reminders
reviewing    what a person may not be told any more
people       who may be told
telling      one save of what is told of a request; then each entry is brought to whom it is for
channels     the ways by which an entry is brought: into the inbox; mail comes beside it
reading      a person marks what he has read
clearing     what is over is kept for a while
"""
