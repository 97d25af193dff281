"""Which addresses a page is fetched from: public ones, and those of networks that the settings name.

A name is resolved here once, every address it stands for is judged, and the caller connects to a judged address:
a name that points to the inside of our network, or begins to between check and connection, reaches nothing.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from counterpitch.sources.base import SweepFailed
from counterpitch.sources.http import AskAgain

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
NAT64 = ip_network("64:ff9b::/96")
COMPATIBLE = ip_network("::/96")  # IPv4 in IPv6 as it was first written; `::` and `::1` are addresses of their own


def networks(told: str) -> list[Network]:
    """`127.0.0.0/8, 10.1.0.0/16` as networks. Raises SweepFailed for anything else."""
    try:
        return [ip_network(each.strip()) for each in told.split(",") if each.strip()]
    except ValueError as error:
        raise SweepFailed("networks", f"COUNTERPITCH_PRIVATE_NETWORKS: {error}. Write 127.0.0.0/8.") from None


def resolve(host: str, port: int, allowed: Sequence[Network] = ()) -> list[str]:
    """The addresses of a host, IPv4 first. Raises AskAgain where it has none now, SweepFailed where one is private."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, OverflowError) as error:  # the last for a port beyond any number
        raise AskAgain("no_address", f"{host} has no address now ({error}). Check the spelling.") from None
    told = dict.fromkeys(ip_address(str(each[4][0]).split("%")[0]) for each in found)
    addresses = sorted(told, key=lambda each: each.version)
    for address in addresses:
        if not _may_be_read(address, allowed):
            raise SweepFailed(
                "private_address",
                f"{host} is {address}, which is not a public address, so it is not read. If it is meant, name its "
                "network in COUNTERPITCH_PRIVATE_NETWORKS.",
            )
    return [str(address) for address in addresses]


def _may_be_read(address: Address, allowed: Sequence[Network]) -> bool:
    inner = _inner(address)
    if any(inner in network for network in allowed if network.version == inner.version):
        return True
    if isinstance(inner, IPv6Address) and inner.is_site_local:
        return False
    return inner.is_global and not inner.is_multicast


def _inner(address: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for, where it does; the way in is the same."""
    if isinstance(address, IPv4Address):
        return address
    if address in NAT64 or (address in COMPATIBLE and int(address) > 1):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address
