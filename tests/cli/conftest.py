from peers.fixtures import *  # noqa: F401,F403
