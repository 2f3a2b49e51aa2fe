"""A watcher over kill -9 of the daemon: nothing lost, nothing twice, nothing acknowledged undone."""
# ctest: timeout=300
import random
import threading
import time

import grpc
import pytest

from peers.api import Api
from peers.process import SLOW

KILLS = 20
V1 = Api.v1


class Follower:
    """Follows the stream by its tokens alone, over every death of the daemon."""

    def __init__(self):
        self.token, self.sequence = "", 0
        self.accounts, self.expired, self.resumed = {}, 0, 0

    def follow(self, client, stop):
        """Until the stream breaks, or `stop` is set and the checkpoint of a resume has come."""
        stream = client.watch(self.token)
        snapshot = not self.token
        self.resumed += bool(self.token)
        try:
            for message in stream:
                self.take(message, snapshot)
                if message.HasField("checkpoint"):
                    snapshot = False
                    if stop():
                        return
        except grpc.RpcError as error:
            assert error.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED), error
        finally:
            stream.cancel()

    def take(self, message, snapshot):
        if message.HasField("checkpoint"):
            assert message.checkpoint.sequence >= self.sequence
            if not snapshot:
                assert message.checkpoint.sequence == self.sequence
            self.sequence = message.checkpoint.sequence
        else:
            if not snapshot:
                assert message.event.sequence == self.sequence + 1, "lost or twice"
                self.sequence += 1
            kind = message.event.WhichOneof("body")
            if kind == "account_changed":
                self.accounts[message.event.account_changed.id] = message.event.account_changed
            elif kind == "account_removed":
                self.accounts.pop(message.event.account_removed, None)
        assert bool(message.resume_token) != (snapshot and not message.HasField("checkpoint"))
        self.token = message.resume_token or self.token


class Writer(threading.Thread):
    """Changes accounts until the daemon is gone; knows what was acknowledged."""

    def __init__(self, daemon, name, acknowledged):
        super().__init__(daemon=True)
        self._daemon, self._name, self._acknowledged = daemon, name, acknowledged
        self.changed = 0

    def run(self):
        with Api(self._daemon) as client:
            number = self._acknowledged.get(self._name, 0)
            try:
                while True:
                    number += 1
                    account = V1.account.Account(
                        id=self._name, settings=V1.account.AccountSettings(display_name=str(number)))
                    client.accounts.UpdateAccount(V1.account.UpdateAccountRequest(
                        account=account, update_mask={"paths": ["settings.display_name"]}), timeout=20 * SLOW)
                    self._acknowledged[self._name] = number
                    self.changed += 1
            except grpc.RpcError:
                return


@pytest.mark.seconds(200)
def test_nothing_is_lost_over_kill_9(daemon):
    seed = 20_240_601
    dice = random.Random(seed)
    commd = daemon("commd", settings={"log": {"level": "warn"}})
    names, acknowledged = ["one", "two"], {}
    with Api(commd) as client:
        for name in names:
            client.accounts.CreateAccount(V1.account.CreateAccountRequest(
                account=V1.account.Account(id=name, address=f"sip:{name}@example.test", enabled=False)))
    follower, changes = Follower(), 0
    with Api(commd) as client:
        follower.follow(client, lambda: True)  # from here on it has a token
    for kill in range(KILLS):
        writers = [Writer(commd, name, acknowledged) for name in names]
        with Api(commd) as client:
            reader = threading.Thread(target=follower.follow, args=(client, lambda: False), daemon=True)
            failure = []
            reader.run = _caught(reader.run, failure)
            reader.start()
            for writer in writers:
                writer.start()
            time.sleep(dice.uniform(0.005, 0.25) * SLOW)  # the kill point is what is under test
            commd.kill()
            for thread in (*writers, reader):
                thread.join(30 * SLOW)
                assert not thread.is_alive()
            assert not failure, f"seed {seed}, kill {kill}: {failure[0]!r}"
        changes += sum(writer.changed for writer in writers)
        commd.start()
    with Api(commd) as client:
        follower.follow(client, lambda: True)
        now = {account.id: account for account in client.accounts.ListAccounts(
            V1.account.ListAccountsRequest()).accounts}
        assert follower.sequence == client.status().event_sequence
    assert follower.resumed == KILLS + 1
    assert changes > KILLS
    for name in names:
        assert int(now[name].settings.display_name) >= acknowledged[name], "what was acknowledged is gone"
        assert follower.accounts[name].settings == now[name].settings
    assert set(follower.accounts) == set(now)


def _caught(work, failure):
    def run():
        try:
            work()
        except BaseException as error:  # noqa: B902 - handed on to the test
            failure.append(error)
    return run


def test_a_fresh_watch_after_a_crash_is_the_state(daemon):
    """Calls that were alive end with the reason, and a snapshot holds what is."""
    commd = daemon("commd")
    with Api(commd) as client:
        call = client.calls.CreateCall(V1.call.CreateCallRequest(
            address="echo", capture="none", playback="none", request_id="before")).id
        token = next(m for m in client.watch() if m.HasField("checkpoint")).resume_token
    commd.kill()
    commd.start()
    with Api(commd) as client:
        ended = next(m.event.call_changed for m in client.watch(token)
                     if m.event.call_changed.state == V1.call.Call.STATE_ENDED)
        assert ended.id == call
        assert ended.end_reason == V1.call.Call.END_REASON_DAEMON_RESTARTED
        resources = []
        for message in client.watch():
            if message.HasField("checkpoint"):
                break
            resources.append(message.event.WhichOneof("body"))
        assert resources == ["account_changed"]
        # A client that repeats itself over the crash does not call twice.
        again = client.calls.CreateCall(V1.call.CreateCallRequest(
            address="echo", capture="none", playback="none", request_id="before"))
        assert again.id == call
