"""What the service does under load: measurements and long runs, which are no part of `make test`.

`make load` and `make soak` run them on the release build, each on a stack of its own that is gone afterwards.
"""
