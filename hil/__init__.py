"""The bench that runs it on devices: rig, drivers, real-time loop, verdicts."""
