"""The network is cut: in a Python started with this folder on its path, only loopback can be reached."""

import ipaddress
import socket

connect = socket.socket.connect
getaddrinfo = socket.getaddrinfo


def is_loopback(host):
    """Whether a host's name or address stays on this machine."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def guarded_connect(self, address):
    if isinstance(address, tuple) and not is_loopback(address[0]):
        raise OSError(f"the network is cut in tests: {address[0]} refused")
    return connect(self, address)


def guarded_getaddrinfo(host, *rest, **options):
    if host and not is_loopback(host.decode() if isinstance(host, bytes) else host):
        raise OSError(f"the network is cut in tests: no address for {host}")
    return getaddrinfo(host, *rest, **options)


socket.socket.connect = guarded_connect
socket.getaddrinfo = guarded_getaddrinfo
