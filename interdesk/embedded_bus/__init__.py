"""The embedded bus: a small message broker in Python, for machines where no RabbitMQ is to be had.

It lets `make demo` run on Python alone. Everything that talks to RabbitMQ talks to it in the same way: AMQP
0-9-1 over TCP and over TLS, and the few calls of RabbitMQ's management API that make vhosts, users and
borders. So no service knows which of the two it is on, and there is no second way of doing things in them.

What it does
- Vhosts; users with configure, write and read permissions per vhost; direct, topic and fanout exchanges.
- Queues with consumers and prefetch, acks and requeueing, confirms, mandatory returns; exclusive and
  auto-delete queues; `x-expires`, `x-message-ttl` and a message's own `expiration`, dead-lettering,
  `x-max-length(-bytes)` with `x-overflow: reject-publish`. `x-queue-type` is taken and means nothing.
- What it does not know it refuses as a broker does: the method with 540, the rest by closing the channel.

What it keeps
    What was declared durable, users and permissions are written to `definitions.json`, and what waits in
    durable queues to `messages.json` when it is stopped in order. A crash loses the messages that waited:
    partners send again what has no receipt, but an internal event is gone. For real work use RabbitMQ.

The rooms
    routing.py         which queues a message goes to
    queues.py          a queue, its consumers, what expires
    vhosts.py          declaring, binding, publishing; who may
    users.py           passwords and permissions
    channels.py        AMQP's methods, on one channel
    sessions.py        one connection: frames, handshake, heartbeat, its end
    administration.py  the management API
    keeping.py         the two files
    bus.py             all of it together
    __main__.py        the process: `python -m interdesk.embedded_bus DIRECTORY`

It runs in green threads, one per connection and one for its writing, so nothing in here needs a lock.
"""
