"""Who published what the example is made from, under which licence, and the words that go with it."""

from __future__ import annotations

from dataclasses import dataclass

OGL = "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/"
CC_BY = "https://creativecommons.org/licenses/by/4.0/"

LICENCES: dict[str, dict[str, str]] = {
    OGL: {"name": "OGL-UK-3.0", "path": OGL, "title": "Open Government Licence v3.0"},
    CC_BY: {"name": "CC-BY-4.0", "path": CC_BY, "title": "Creative Commons Attribution 4.0 International"},
}

OGL_WORDS = "Contains public sector information licensed under the Open Government Licence v3.0."
OS_WORDS = "Contains OS data © Crown copyright and database right."


@dataclass(frozen=True, slots=True)
class Credit:
    """One source of a package: its title, its address, and the publisher to be named."""

    title: str
    address: str
    publisher: str
    licence: str = OGL

    @property
    def attribution(self) -> str:
        if self.licence == CC_BY:
            return f"{self.publisher}, CC BY 4.0."
        return f"Source: {self.publisher}. {OGL_WORDS}"


ONS = "Office for National Statistics"
EXPLORE = Credit(
    "Explore local statistics: data and metadata", "https://www.ons.gov.uk/explore-local-statistics/", ONS
)
REGISTER = Credit(
    "UK local authorities (past and current)",
    "https://pages.mysociety.org/uk_local_authority_names_and_codes/",
    "mySociety",
    CC_BY,
)
CODE_HISTORY = Credit(
    "Code History Database, as packaged by the Greater London Authority",
    "https://geoportal.statistics.gov.uk/",
    ONS,
)
BOUNDARIES = Credit(
    "Simplified boundaries of UK areas, 2014 to 2025", "https://geoportal.statistics.gov.uk/", ONS
)
NEIGHBOURHOODS = Credit(
    "Lower layer super output areas of 2001, 2011 and 2021: look-ups and boundaries",
    "https://geoportal.statistics.gov.uk/",
    ONS,
)
SIMILAR = Credit(
    "Clustering similar local authorities and statistical nearest neighbours in the UK",
    "https://www.ons.gov.uk/explore-local-statistics/",
    ONS,
)
LAIT = Credit(
    "Local Authority Interactive Tool (LAIT)",
    "https://www.gov.uk/government/publications/local-authority-interactive-tool-lait",
    "Department for Education",
)
OFSTED_OUTCOMES = Credit(
    "Local authority inspection outcomes as at 31 March 2025",
    "https://www.gov.uk/government/collections/childrens-social-care-statistics",
    "Ofsted",
)
OFSTED_2023 = Credit(
    "Children's social care data in England 2023: underlying data",
    "https://www.gov.uk/government/collections/childrens-social-care-statistics",
    "Ofsted",
)
OUTTURN = Credit(
    "Local authority revenue expenditure and financing England: 2024 to 2025 individual local authority data",
    "https://www.gov.uk/government/collections/local-authority-revenue-expenditure-and-financing",
    "Ministry of Housing, Communities and Local Government",
)
DEPRIVATION = Credit(
    "English indices of deprivation",
    "https://www.gov.uk/government/collections/english-indices-of-deprivation",
    "Ministry of Housing, Communities and Local Government",
)
OFLOG = Credit(
    "Local Authority Data Explorer: adult social care",
    "https://oflog.data.gov.uk/",
    "Office for Local Government",
)
DELIVERY_TEST = Credit(
    "Housing Delivery Test: 2023 measurement",
    "https://www.gov.uk/government/publications/housing-delivery-test-2023-measurement",
    "Ministry of Housing, Communities and Local Government",
)
