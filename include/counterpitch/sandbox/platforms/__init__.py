"""The simulated market behind real HTTP, in the platforms' shapes: going live changes connections only.

    counterpitch sandbox --start 2026-09-21 --day 2026-11-20 --fault all

serves on 127.0.0.1 only: Meta's `ads_archive` and Insights, TikTok's Commercial Content API, and each brand's site
on a port of its own (robots.txt belongs to an origin). Shapes, parameters, limits and error codes follow the
platforms' documentation; where it contradicts itself, so does the sandbox.

What a platform shows depends on the day of looking. The server looks on its `day`; a base address that starts with
`/on/2026-11-03` looks on that day, so that partitions can be collected side by side.
"""
