"""The bench run: the world of the simulation at a door made of devices. Who imports whom: `run` puts together `world`
(people), `door` (a lane's door over devices), `oracle` (what the policy says) and the lines (`readers`, `box`, `server`);
`choice`, `divergence`, `stages` and `fit` work on its tables and transcript alone."""
