"""`python -m counterpitch` is the `counterpitch` command."""

from counterpitch.cli import app

app(prog_name="counterpitch")
