"""What stands around the services, in a process of its own: S3, STS, a user pool, and the tokens that it mints."""

import json
import subprocess

from servers import Server

PEOPLE, TENANTS = 1000, 100


class Stage:
    def __init__(self, binary, place):
        self.place = place
        self.server = Server("stage", [binary, place / "stage"], place)

    def __enter__(self):
        self.server.start(stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addresses = self.hear()
        return self

    def __exit__(self, *_):
        self.server.process.stdin.close()
        self.server.stop()

    def hear(self):
        line = self.server.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the stage has ended:\n{self.server.last_words()}")
        return json.loads(line)

    def tell(self, *words):
        self.server.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.server.process.stdin.flush()
        return self.hear()

    def mint(self, name, tokens, people=PEOPLE, tenants=TENANTS, group=None):
        """A file with so many tokens, one a line; person n is of tenant n modulo their number, and all are in that group."""
        path = self.place / f"{name}.tokens"
        minted = self.tell("mint", path, tokens, people, tenants, *([group] if group else []))["minted"]
        if minted != tokens:
            raise RuntimeError(f"{minted} tokens were minted, not {tokens}")
        return path

    def counts(self):
        """How often STS and the key endpoint have been asked since the start."""
        return self.tell("counts")
