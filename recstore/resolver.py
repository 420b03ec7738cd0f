"""Ask DNS which texts a name carries. Nothing else here speaks DNS, and it is asked only for a proof."""

from dataclasses import dataclass
from typing import Protocol

import dns.exception
import dns.resolver

from recstore.errors import DnsUnavailable

SECONDS = 4.0


class Resolver(Protocol):
    """Whoever answers for DNS."""

    def texts(self, name: str, /) -> list[str]:
        """Give the texts (TXT records) of a name; none if DNS says that there are none.

        Raises DnsUnavailable where DNS does not say: no answer in time, a fault, a refusal.
        """


@dataclass(frozen=True, slots=True)
class DnsResolver:
    """The DNS server that the operator named ("192.0.2.1" or "192.0.2.1:5353"), or the machine's own."""

    server: str | None = None
    seconds: float = SECONDS

    def texts(self, name: str) -> list[str]:
        """Give the texts of a name. Several strings of one record are one text (RFC 7208, section 3.3)."""
        try:
            # Absolute: the machine's search list must not answer for another name.
            found = self._client().resolve(f"{name}.", "TXT", search=False, lifetime=self.seconds)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except (dns.exception.DNSException, OSError) as error:
            raise DnsUnavailable("DNS does not answer; nothing was changed, try again shortly.") from error
        return [b"".join(record.strings).decode(errors="replace") for record in found]

    def _client(self) -> dns.resolver.Resolver:
        client = dns.resolver.Resolver(configure=self.server is None)
        if self.server is not None:
            address, _, port = self.server.partition(":")
            client.nameservers, client.port = [address], int(port or 53)
        return client
