# A mail server for one machine: takes every mail and puts it into a Maildir, where people and tests read it.
#   serve.py PORT FOLDER
# Some addresses answer as mail servers sometimes do: nobody…@ is unknown (550), busy…@ is busy the first time (451).
import asyncio
import sys

from aiosmtpd.handlers import Mailbox
from aiosmtpd.smtp import SMTP

port, folder = int(sys.argv[1]), sys.argv[2]


class Server(Mailbox):
    def __init__(self, folder):
        super().__init__(folder)
        self.was_busy = set()

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith('nobody'):
            return '550 5.1.1 There is no such mailbox'
        if address.startswith('busy') and address not in self.was_busy:
            self.was_busy.add(address)
            return '451 4.3.0 Try again later'
        envelope.rcpt_tos.append(address)
        return '250 OK'


async def serve():
    handler = Server(folder)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(handler), '127.0.0.1', port)
    await server.serve_forever()


asyncio.run(serve())
