"""What the service does under load: measurements and long runs, each on a stack of its own that is gone afterwards.

`make load`, `make soak`, `make latency`, `make bench-service`, `make bench-downloads` and `make chaos` run them on the
release build. They are no part of `make test`, but for a short chaos.
"""
