"""What exposure and gamma may be: a normal distribution of both, sharpened by what is seen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .optics import Optics

REACH = 2.5
"""Standard deviations to each side of the mean that are looked at."""
NODES = (11, 9)
"""Exposures and gammas that are tried."""
FINEST = np.array([0.01, 0.02])
"""Shares below which nothing is believed of exposure and gamma, however often they were seen: no camera has a gamma to the
last digit."""


class Belief:
    """Of the logarithms of exposure and gamma: independent and as uncertain as `Optics.tolerance` at first."""

    def __init__(self, optics: Optics) -> None:
        self._optics = optics
        self.mean = np.log([optics.exposure, optics.gamma])
        self.covariance = np.eye(2) * optics.tolerance**2

    @property
    def exposure(self) -> float:
        """s: the likeliest."""
        return float(np.exp(self.mean[0]))

    @property
    def gamma(self) -> float:
        return float(np.exp(self.mean[1]))

    @property
    def u(self) -> tuple[float, float]:
        """Standard uncertainties of exposure and gamma, as shares."""
        deviation = np.sqrt(np.diag(self.covariance))
        return float(deviation[0]), float(deviation[1])

    def optics(self) -> Optics:
        """As settings for other observers of the same camera."""
        return replace(self._optics, exposure=self.exposure, gamma=self.gamma, tolerance=max(self.u))

    def nodes(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Exposures (E,), s; gammas (G,); log weight (E, G) of each pair."""
        axes = []
        for mean, deviation, count in zip(self.mean, np.sqrt(np.diag(self.covariance)), NODES, strict=True):
            axes.append(
                mean + deviation * np.linspace(-REACH, REACH, count) if deviation > 0 else np.array([mean])
            )
        away = np.stack(np.meshgrid(*axes, indexing="ij"), -1) - self.mean
        inverse = np.linalg.pinv(self.covariance)
        weight = -0.5 * np.einsum("egi,ij,egj->eg", away, inverse, away)
        return np.exp(axes[0]), np.exp(axes[1]), weight

    def learn(self, exposures: np.ndarray, gammas: np.ndarray, share: np.ndarray) -> None:
        """Take the moments of what became of `nodes()`: `share` (E, G) sums to 1."""
        places = np.stack(np.meshgrid(np.log(exposures), np.log(gammas), indexing="ij"), -1)
        mean = np.einsum("eg,egi->i", share, places)
        away = places - mean
        covariance = np.einsum("eg,egi,egj->ij", share, away, away)
        self.take(mean, covariance)

    def take(self, mean: np.ndarray, covariance: np.ndarray) -> None:
        """Believe this of the logarithms of exposure and gamma. What was given as certain stays so."""
        if self._optics.tolerance > 0:
            least = np.minimum(FINEST, self._optics.tolerance) ** 2
            self.mean = mean
            self.covariance = covariance + np.diag(np.clip(least - np.diag(covariance), 0.0, None))
