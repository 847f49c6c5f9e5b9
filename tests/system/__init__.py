"""The Debian package on a machine of its own, from its installation to its purge: `python3 -m system`."""
