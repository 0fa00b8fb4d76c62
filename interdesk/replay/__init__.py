"""Plays an incident log through a federation of its own: each organization line of the log is an account.

`log` reads and checks the file; `plan` decides, purely, what each account does and what every account must
show after it; `shapes` names what a plan covers; `play` does it through the public API and waits for each
step to be seen on every side, `timed` at the times of the log (`timetable`); `agreement` says at the end
whether any two accounts disagree, `service_levels` what became of what was promised (`terms`); `report` tells
it.
"""
