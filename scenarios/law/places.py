"""Places, and whose law holds there."""

from __future__ import annotations

import re

from ..errors import InputError
from ..spelling import closest

CHINA = "China"
EU = "European Union"

_CHINESE_NAMES = """
Anhui Beijing Changchun Changsha Chengdu Chongqing Dalian Dongguan Foshan Fujian Fuzhou Gansu Guangdong Guangxi Guangzhou Guiyang
Guizhou Haikou Hainan Hangzhou Harbin Hebei Hefei Heilongjiang Henan Hohhot Hubei Hunan Jiangsu Jiangxi Jilin Jinan Kunming
Lanzhou Lhasa Liaoning Nanchang Nanjing Nanning Ningbo Ningxia Qingdao Qinghai Shaanxi Shandong Shanghai Shanxi Shenyang
Shenzhen Shijiazhuang Sichuan Suzhou Taiyuan Tianjin Tibet Urumqi Wenzhou Wuhan Wuxi Xiamen Xinjiang Xining Yinchuan Yunnan
Zhejiang Zhengzhou Xi'an
"""
_MEMBER_NAMES = """
Austria Belgium Bulgaria Croatia Cyprus Czechia Denmark Estonia Finland France Germany Greece Hungary Iceland Ireland Italy Latvia
Liechtenstein Lithuania Luxembourg Malta Netherlands Norway Poland Portugal Romania Slovakia Slovenia Spain Sweden
Amsterdam Athens Barcelona Berlin Brussels Copenhagen Dublin Hamburg Helsinki Lisbon Madrid Milan Munich Oslo Paris Prague Rome
Stockholm Vienna Warsaw
"""
"""Members, the three other states where the regulation holds, and cities in them."""

PLACES: dict[str, tuple[str, ...]] = {
    CHINA: (CHINA,),
    EU: (EU,),
    **{name: (name, CHINA) for name in _CHINESE_NAMES.split()},
    **{name: (name, EU) for name in _MEMBER_NAMES.split()},
}
"""Place -> itself, and where it lies."""


def jurisdictions(text: str) -> tuple[str, ...]:
    """Whose law holds at a place: `Shanghai`, or `Fengxian, Shanghai`, of which the first part that is known counts.

    Raises:
        InputError: no part of it is known; with what was meant.
    """
    parts = [part.strip() for part in re.split(r"[,;/]", text) if part.strip()]
    by_small = {name.lower(): name for name in PLACES}
    for part in parts:
        if part.lower() in by_small:
            return PLACES[by_small[part.lower()]]
    near = next((one for part in parts if (one := closest(part, PLACES)) is not None), None)
    hint = (
        f"did you mean {near!r}?"
        if near
        else f"name a city or province of China, a state of the {EU}, {CHINA!r} or {EU!r}"
    )
    raise InputError(f"unknown place {text!r}; {hint}")
