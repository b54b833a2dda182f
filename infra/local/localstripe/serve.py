# Starts localstripe for the tests: on this machine's own address, and in memory. By itself it listens on every
# address and writes what it holds to /tmp, where other copies would find it.
import sys

from aiohttp import web
from localstripe import resources, server

resources.Store.dump_to_disk = lambda store: None
web.run_app(server.app, host='127.0.0.1', port=int(sys.argv[1]), access_log=None, print=None)
