"""The whole of imgfilter on one machine, out of a checkout.

`python3 -m stack run` (what `make run` calls) starts a PostgreSQL, the embedded S3 store, nginx and a worker as
children of one supervisor, and ends them together. The end-to-end tests start the same stack and break it on purpose.

Only Debian's own Python and its standard library are used here, so that running the service needs nothing more.
"""
