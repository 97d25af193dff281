#!/bin/sh
# The command of the README, inside the image: docker compose exec worker counterpitch --help
exec python -m counterpitch "$@"
