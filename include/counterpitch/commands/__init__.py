"""The `counterpitch` command, one module a group of commands.

Modules import only typer and the console at their top: `counterpitch --help` must answer at once, so what a
command needs is imported when it runs. A new group is a module with an `app`, and a line in `cli.py`.
"""
