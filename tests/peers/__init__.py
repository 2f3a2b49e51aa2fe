"""Real peers for the tests: servers, phones, a bad network, and the daemon itself.

Everything here takes free ports, keeps its own log, has a deadline, and ends
with the test that started it, also when that test fails or is killed.
"""
