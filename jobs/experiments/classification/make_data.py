#!/usr/bin/python3
"""Data of jobs/experiments/classification: make_data.py FOLDER

vowels.csv   synthetic, in the shape of the Japanese vowels of Kudo, Toyama and Shimbo (1999): 12 channels, 9 speakers, sequences of 7
             to 29 steps; first 30 of each speaker to learn from, then 370 to be tested on, 24 to 88 of each. A speaker has a mean and
             two smooth curves in each channel; a sequence is these, warped in time and scaled, with an offset and correlated noise.
series.csv   60 series of a driven pendulum, x'' = -sin x - 0.25 x' + A cos(2 t / 3), each from another state with another A (0.9 to
             1.2, regular and chaotic), 200 samples 0.2 apart.
"""
import pathlib
import sys

import numpy as np

SPEAKERS, CHANNELS = 9, 12
LEARNED, TESTED = [30] * SPEAKERS, [31, 35, 88, 44, 29, 24, 40, 50, 29]
SERIES, SAMPLES, INTERVAL, SUBSTEPS = 60, 200, 0.2, 4


def vowels(draw):
    """Rows (number, speaker, channels...)."""
    mean = draw.normal(0, 0.35, (SPEAKERS, CHANNELS))
    curves = draw.normal(0, 0.35, (SPEAKERS, 2, CHANNELS))
    number = 0
    for counts in (LEARNED, TESTED):
        for speaker in np.repeat(np.arange(SPEAKERS), counts):
            along = np.linspace(0, 1, draw.integers(7, 30)) ** np.exp(draw.normal(0, 0.2))
            size = 1 + draw.normal(0, 0.2, 2)
            values = mean[speaker] + draw.normal(0, 0.25, CHANNELS)
            for k in range(2):
                values = values + size[k] * np.cos((k + 1) * np.pi * along)[:, None] * curves[speaker, k]
            noise = draw.normal(0, 0.25, values.shape)
            for step in range(1, len(noise)):
                noise[step] += 0.6 * noise[step - 1]
            for row in values + noise:
                yield [number, speaker + 1, *row]
            number += 1


def pendulums(draw):
    """Rows (number, sine of the angle, angular velocity)."""
    size = draw.uniform(0.9, 1.2, SERIES)
    state = np.array([draw.uniform(-np.pi, np.pi, SERIES), draw.uniform(-1, 1, SERIES)])
    dt = INTERVAL / SUBSTEPS

    def slope(t, state):
        angle, velocity = state
        return np.array([velocity, -np.sin(angle) - 0.25 * velocity + size * np.cos(2 * t / 3)])

    series = np.empty((SERIES, SAMPLES, 2))
    for step in range(SAMPLES * SUBSTEPS):
        if step % SUBSTEPS == 0:
            series[:, step // SUBSTEPS] = np.stack([np.sin(state[0]), state[1]], axis=1)
        t = step * dt
        first = slope(t, state)
        second = slope(t + dt / 2, state + dt / 2 * first)
        third = slope(t + dt / 2, state + dt / 2 * second)
        state = state + dt / 6 * (first + 2 * second + 2 * third + slope(t + dt, state + dt * third))
    for number, one in enumerate(series):
        for row in one:
            yield [number, *row]


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    channels = ",".join(f"d{k}" for k in range(CHANNELS))
    np.savetxt(folder / "vowels.csv", list(vowels(np.random.default_rng(1))), "%.9g", ",", header=f"number,speaker,{channels}", comments="")
    np.savetxt(folder / "series.csv", list(pendulums(np.random.default_rng(2))), "%.9g", ",", header="number,sine,velocity", comments="")


if __name__ == "__main__":
    main()
