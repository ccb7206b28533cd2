"""Runs localstripe for this machine alone, in an environment of its own: pretend.py PORT."""

import sys
from functools import partial

from aiohttp import web
from localstripe import resources, server

# It keeps what it knows in a file that all of a machine share.
resources.Store.dump_to_disk = lambda _: None

web.run_app(server.app, host="127.0.0.1", port=int(sys.argv[1]), print=partial(print, flush=True))
