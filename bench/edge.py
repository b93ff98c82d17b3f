"""The edge alone over the embedded log, for `ingress`: `python -m bench.edge PORT`, settings as for the hub.

A hub refuses to run embedded with some roles only, for nobody else could do the rest. Here that is the point: what it
costs to take webhooks in is measured without what comes after. In a cluster it is `hub run --roles ingress`.
"""

import sys

import uvloop

from hub.assembly.process import serve
from hub.log import configure
from hub.settings import Role, load


def main(port: int) -> None:
    settings = load(port=port).model_copy(update={"roles": frozenset({Role.INGRESS})})
    configure("warning", "json")
    uvloop.run(serve(settings, announce=lambda running: None))


if __name__ == "__main__":
    main(int(sys.argv[1]))
