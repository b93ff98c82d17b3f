"""A small shop's pages on an origin of their own, with the web chat widget in them: for the demo and browser tests."""

import html
import json

from aiohttp import web

from bench.simulators.serving import Serving

PRODUCTS = (
    ("may-lanh", "Máy lạnh Inverter 1,5 HP", 10_490_000, "Lắp đặt trong 24 giờ", "#cfe3f4"),
    ("tu-lanh", "Tủ lạnh ngăn đá dưới 326 lít", 12_990_000, "Bảo hành 24 tháng", "#d9e8dc"),
    ("may-giat", "Máy giặt cửa trước 9 kg", 8_790_000, "Trả góp 0 %", "#e9e1f2"),
    ("noi-chien", "Nồi chiên không dầu 5 lít", 1_590_000, "Giao trong ngày", "#f6e5d3"),
    ("tivi", "Smart TV 4K 55 inch", 9_690_000, "Tặng giá treo tường", "#dde1e8"),
    ("loc-nuoc", "Máy lọc nước RO 10 lõi", 5_290_000, "Thay lõi tại nhà", "#d5ecec"),
)

STYLE = """
*{box-sizing:border-box}body{margin:0;font:16px/1.5 system-ui,sans-serif;color:#1d2733;background:#f6f7f9}
a{color:inherit;text-decoration:none}header{background:#fff;border-bottom:1px solid #e4e7eb}
header div,main,footer{max-width:1040px;margin:0 auto;padding:16px 20px}
header div{display:flex;gap:24px;align-items:center}
header b{font-size:20px;color:#b4321f}nav{display:flex;gap:18px;font-size:15px;color:#51606f}
h1{font-size:26px;margin:18px 0 6px}.lead{color:#51606f;margin:0 0 20px}
.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(230px,1fr));gap:16px}
.card{background:#fff;border:1px solid #e4e7eb;border-radius:10px;overflow:hidden}
.card i{display:block;height:130px}.card div{padding:12px 14px 16px}
.card h2{font-size:16px;margin:0 0 4px;font-weight:600}
.price{font-weight:700;color:#b4321f}.note{color:#51606f;font-size:14px}
footer{color:#51606f;font-size:14px;padding-bottom:90px}
@media(max-width:640px){nav{display:none}h1{font-size:22px}}
"""


class ShopSite:
    """`url` once started is an origin that the widget's `allowed_origins` must name. Pages: / and /san-pham/<name>."""

    def __init__(self, hub_url: str, key: str, *, port: int = 0, name: str = "Điện máy Bình Minh") -> None:
        self.hub_url = hub_url
        self._key = key
        self._name = name
        self._own: dict[str, tuple[str, dict[str, str]]] = {}
        app = web.Application()
        app.router.add_get("/{path:.*}", self._serve)
        self._serving = Serving(app, port)

    async def start(self) -> None:
        await self._serving.start()

    async def stop(self) -> None:
        await self._serving.stop()

    @property
    def url(self) -> str:
        return self._serving.url

    def put(self, path: str, page: str, **headers: str) -> None:
        """A page of the caller's own at `path`."""
        self._own[path] = (page, headers)

    def snippet(self) -> str:
        """What the hub's documentation tells shops to put into their pages."""
        return (
            "<script>window.HubChat=window.HubChat||function(){(HubChat.q=HubChat.q||[]).push(arguments)};"
            f'HubChat("init",{json.dumps({"key": self._key})});</script>'
            f'<script async src="{html.escape(self.hub_url)}/w/v1.js"></script>'
        )

    async def _serve(self, request: web.Request) -> web.Response:
        if request.path in self._own:
            page, headers = self._own[request.path]
            return web.Response(text=page, content_type="text/html", headers=headers)
        product = next((p for p in PRODUCTS if request.path == f"/san-pham/{p[0]}"), None)
        if request.path != "/" and product is None:
            return web.Response(status=404, text="Không tìm thấy trang")
        return web.Response(text=self._product(product) if product else self._home(), content_type="text/html")

    def _home(self) -> str:
        cards = "".join(
            f'<a class="card" href="/san-pham/{slug}"><i style="background:{colour}"></i><div><h2>{name}</h2>'
            f'<span class="price">{_price(price)}</span><br><span class="note">{note}</span></div></a>'
            for slug, name, price, note, colour in PRODUCTS
        )
        lead = "Giao và lắp đặt trong ngày tại TP.HCM, Hà Nội, Đà Nẵng."
        return self._page(
            "Ưu đãi hôm nay", f'<h1>Ưu đãi hôm nay</h1><p class="lead">{lead}</p><div class="grid">{cards}</div>'
        )

    def _product(self, product: tuple[str, str, int, str, str]) -> str:
        _, name, price, note, colour = product
        picture = f'<i style="display:block;height:220px;border-radius:10px;background:{colour}"></i>'
        return self._page(
            name, f'<h1>{name}</h1>{picture}<p class="price">{_price(price)}</p><p class="note">{note}</p>'
        )

    def _page(self, title: str, body: str) -> str:
        menu = "<nav><span>Điện lạnh</span><span>Gia dụng</span><span>Tivi</span><span>Khuyến mãi</span></nav>"
        return (
            f'<!doctype html><html lang="vi"><head><meta charset="utf-8"><title>{title} · {self._name}</title>'
            f'<meta name="viewport" content="width=device-width,initial-scale=1"><link rel="icon" href="data:,">'
            f"<style>{STYLE}</style></head><body>"
            f'<header><div><a href="/"><b>{self._name}</b></a>{menu}</div></header><main>{body}</main>'
            f"<footer>Trang mẫu để thử khung chat.</footer>{self.snippet()}</body></html>"
        )


def _price(dong: int) -> str:
    return f"{dong:,} ₫".replace(",", ".")
