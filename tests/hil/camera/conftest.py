"""Servers that say what a test wants them to, and nothing else."""

import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest


@pytest.fixture
def server() -> Iterator[Callable[..., str]]:
    """Makes one; HOST:PORT. Each connection gets the answers, one for each request that it makes, or after the first one
    every `pace` s; then it is silent, or ended."""
    listening: list[socket.socket] = []
    held: list[socket.socket] = []

    def serve(line: socket.socket, answers: tuple[bytes, ...], end: bool, pace: float) -> None:
        while True:
            try:
                peer, _ = line.accept()
            except OSError:
                return
            held.append(peer)
            try:
                for place, answer in enumerate(answers):
                    if (pace and place) or peer.recv(65_536):
                        peer.sendall(answer)
                    time.sleep(pace)
            except OSError:
                pass
            if end:
                peer.close()

    def make(*answers: bytes, end: bool = False, pace: float = 0.0) -> str:
        line = socket.create_server(("127.0.0.1", 0))
        listening.append(line)
        threading.Thread(target=serve, args=(line, answers, end, pace), daemon=True).start()
        return f"127.0.0.1:{line.getsockname()[1]}"

    yield make
    for line in listening:
        line.shutdown(socket.SHUT_RDWR)
    for line in (*listening, *held):
        line.close()
