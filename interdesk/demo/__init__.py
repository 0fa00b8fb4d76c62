"""The demo: three accounts with data, and the main job told as stories, checked step by step.

`data` says what the accounts have, `setting` makes it through their public APIs, `teller` acts, looks at
every side and compares, `stories` are the stories, `show` draws them in the terminal. Everything goes
through the public API, with tokens: what the demo does, a script of anybody's can do.
"""
