"""The brands' sites: robots.txt, claims and prices, conditional requests."""

from __future__ import annotations

import json

import httpx

from counterpitch.sandbox.platforms.server import Served


class TestSites:
    def test_each_brand_has_an_origin_with_its_own_robots_txt(self, served: Served) -> None:
        assert len(set(served.sites.values())) == 5
        told = httpx.get(f"{served.sites['dishwren']}/robots.txt").text
        assert "Disallow: /account/" in told
        assert served.sites["dishwren"] in told

    def test_a_landing_page_tells_product_price_and_claims(self, served: Served) -> None:
        text = httpx.get(f"{served.sites['forkmoss']}/en/time").text
        data = json.loads(text.split('<script type="application/ld+json">')[1].split("</script>")[0])
        assert data["name"] == "Forkmoss"
        assert float(data["offers"]["price"]) > 0
        assert "{brand}" not in text
        assert "[f" not in text

    def test_an_unchanged_page_is_answered_by_304(self, served: Served) -> None:
        first = httpx.get(f"{served.sites['forkmoss']}/de/time")
        again = httpx.get(f"{served.sites['forkmoss']}/de/time", headers={"if-none-match": first.headers["etag"]})
        assert again.status_code == 304
        assert again.content == b""

    def test_the_apis_are_not_on_the_sites_ports(self, served: Served) -> None:
        assert httpx.get(f"{served.sites['forkmoss']}/v25.0/ads_archive").status_code == 404
