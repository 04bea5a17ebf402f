# Made of `bayres list --format=json` by `python3 -m bayres.stubs`.
import os
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from typing import Any

def tables() -> dict[str, dict[str, dict[str, Any]]]: ...
def attribute_of(key: str) -> str: ...

class Section(MutableMapping[str, Any]):
    def __getitem__(self, key: str) -> Any: ...
    def __setitem__(self, key: str, value: Any) -> None: ...
    def __delitem__(self, key: str) -> None: ...
    def __iter__(self) -> Iterator[str]: ...
    def __len__(self) -> int: ...

class Run(Section):
    seed: int | str
    """seed of every random number (default 1; 0 to 9.0072e+15)"""
    replica: int | str
    """number of the initial state and noise stream of the network (default 0; 0 to 2.14748e+09)"""
    precision: str
    """of J and the rates: double (but see reservoir.weight_type); single: both float32; mixed: J bfloat16, rates of 16 bits. J is drawn on that grid; states, readouts and learning are always in double (default double; one of double, single, mixed)"""
    start_from: str
    """checkpoint of a run of the same network, whose learners pass on states, weights and what their rules have found out to those of the same name; time begins at 0 again (default none; unit: file)"""
    checkpoint_every: float | str
    """wall time between two checkpoints; 0: only on signals, before the wall time ends, and at the end (default 0; 0 to 1e+15; unit: s)"""
    keep_checkpoints: int | str
    """2: while the run goes on, the last checkpoint but one is there too, as CHECKPOINT.previous (default 1; 1 to 2)"""
    max_walltime: str
    """stop with a checkpoint before this wall time is over; also M:S, D-H:M:S, minutes, 12h, 90m (default none; unit: H:M:S)"""
    stall_limit: float | str
    """end the job when no step has ended for so long; 0: only say so (default 0; 0 to 1e+15; unit: s)"""

class Ensemble(Section):
    seeds: Sequence[int] | range | int | str
    """one network for each of these seeds, such as 1..20; empty: run.seed alone (default none; 0 to 9.0072e+15)"""
    replicas: int | str
    """initial states and noise streams of each network (default 1; 1 to 100000)"""
    ranks_per_network: int | str
    """ranks that share a network; 0: as few as keep all ranks busy (default 0; 0 to 2.14748e+09; unit: ranks)"""

class Reservoir(Section):
    size: int | str
    """number of neurons N; not needed with reservoir.network, whose file says (default 1000; 1 to 2.14748e+09)"""
    gain: float | str
    """g: recurrent weights have variance g^2/(p N), or are g (see bayres list connections) (default 1.5; 0 to 1e+15)"""
    spectral_radius: float | str
    """largest modulus of an eigenvalue of J, in place of gain, which is searched for (default auto; 1e-15 to 1e+15)"""
    connectivity: float | str
    """p: probability of a connection; 1 is all to all (default 0.1; 1e-09 to 1)"""
    tau: str
    """time constant of a neuron; its unit is the unit of every time. A number > 0, or a range such as 1..20: log-uniform, for each neuron; tasks, whose periods and speeds are in units of tau, then take 1 for it (default 1; unit: time)"""
    leak_on: str
    """what approaches its input: the state, as the equation of the model says; or the rate, r(t) = (1 - leak) r(t-1) + leak f(J r(t-1) + W_in u(t) + W_fb y(t-1) + b + noise xi(t)), r(0) = f(x(0)) (default state; one of state, rate)"""
    dt: float | str
    """time step, at most tau (default 0.1; 1e-15 to 1e+15; unit: time)"""
    noise: float | str
    """standard deviation of the state noise (default 0; 0 to 1e+15)"""
    bias_scale: float | str
    """biases are uniform in [-1, 1] times this (default 0; 0 to 1e+15)"""
    input_scale: Sequence[float] | float | str
    """input weights are uniform in [-1, 1] times this: one number, or one for each input (default 1; 0 to 1e+15)"""
    input_connectivity: float | str
    """probability of each input weight; the others are 0 (default 1; 0 to 1)"""
    feedback_scale: float | str
    """feedback weights are uniform in [-1, 1] times this (default 1; 0 to 1e+15)"""
    initial_scale: float | str
    """x(0) is Normal(0, 1) times this; of spiking neurons, V(0) is uniform in [0, 1] times this (default auto; 0 to 1e+15)"""
    fraction_excitatory: float | str
    """the first neurons, so many of all, have positive outgoing weights alone, the others negative ones (Dale's law): absolute values of those drawn (default auto; 0 to 0.999999)"""
    relative_inhibition: float | str
    """factor of the negative weights, with fraction_excitatory (default auto; 0 to 1e+15)"""
    structure: str
    """which neurons are connected, and how (default random)"""
    weights: str
    """distribution of recurrent weights that are drawn, of mean 0 and equal variance v: Normal(0, v), uniform in [-1, 1] times sqrt(3 v), or -sqrt(v) and sqrt(v) (default normal; one of normal, uniform, bernoulli)"""
    storage: str
    """how J is stored: auto is sparse (CSR) or dense, whichever is faster for the size, connectivity and precision; of spiking neurons by-source (what each neuron reaches) or, if more than half of all pairs are connected, dense (default auto; one of auto, dense, sparse, by-source)"""
    weight_type: str
    """type on whose grid J is drawn and in which it is stored: auto is that of run.precision, and float32 of spiking neurons; with double, float32 and bfloat16 take half and a quarter of the memory, and sums stay in double (default auto; one of auto, float64, float32, bfloat16)"""
    network: str
    """HDF5 file with a network to use: in group /network or at the root J (N x N), or J_indptr, J_indices and J_data (CSR, a row for each neuron that hears); and W_in (N x inputs), W_fb (N x outputs), bias (N), x0 (N), which are drawn if there is J alone (default none; unit: file)"""
    network_learner: str
    """of a result whose learners learned J: the learner whose network is used; none: that before learning (default none)"""
    clamp: Sequence[str] | str
    """neurons whose rates are held at all times, as NEURON:RATE, ..., such as 1:1, 10:1, 11:-1; others hear them as biases (default none)"""
    jump_length: int | str
    """l: neurons from one end of a jump to the other, up to N/2 (of cycle-jumps; default 10; 2 to 2.14748e+09)"""
    jump_weight: float | str
    """q: weight of a jump, in units of gain (of cycle-jumps; default 0.5; -1e+15 to 1e+15)"""
    neighbours: int | str
    """k: neurons that each one hears, half of them on either side; even, less than N (of small-world; default 10; 2 to 2.14748e+09)"""
    rewiring: float | str
    """b: probability that a connection is rewired (of small-world; default 0.1; 0 to 1)"""
    blocks: int | str
    """B: number of blocks, up to N (of block; default 4; 1 to 2.14748e+09)"""
    transform: str
    """D1 and D3 are random signs. gaussian: D2 has random signs and the density sqrt(4 - x^2)/pi of 0 < x < 2, with which J has the spectrum of independent normal weights; orthogonal: D2 is random signs too, and J/g is an orthogonal matrix if N is a power of 2, or else a part of one (of transform; default gaussian; one of gaussian, orthogonal)"""

class Neuron(Section):
    model: str
    """what neurons are (default tanh)"""
    tau_m: float | str
    """time constant of the membrane (of lif; default 10; 1e-06 to 1e+06; unit: ms)"""
    tau_rise: float | str
    """rise of a synaptic current; 0: exponential synapses (of lif, poisson; default 2; 0 to 1e+06; unit: ms)"""
    tau_decay: float | str
    """decay of a synaptic current (of lif, poisson; default 20; 1e-06 to 1e+06; unit: ms)"""
    tau_ref: float | str
    """refractory time, at least one step (of lif; default 2; 0 to 1e+06; unit: ms)"""
    threshold: str
    """V at which a neuron spikes: a number, or a range such as 0.9..1.1: uniform, for each neuron (of lif; default 1)"""
    reset: float | str
    """V after a spike, below the threshold (of lif; default 0; -1e+15 to 1e+15)"""
    bias: float | str
    """constant current of every neuron, beside reservoir.bias_scale (of lif; default 1; -1e+15 to 1e+15)"""
    delay: str
    """from a spike to its arrival at other neurons, rounded to steps: a number, or a range such as 0.5..2: uniform, for each neuron that spikes; auto: one step (of lif; default auto; unit: ms)"""
    balanced: str
    """whether the mean of each row's weights is removed from them; auto: true, but false with reservoir.fraction_excitatory (of lif; default auto; one of auto, true, false)"""
    rate: float | str
    """spikes per ms of each neuron: 0.01 is 10 Hz (of poisson; default 0.01; 1e-09 to 10; unit: 1/ms)"""

class IntrinsicPlasticity(Section):
    rate: float | str
    """learning rate eta of gains and biases; 0: they stay at 1 and 0 (default 0; 0 to 0.1)"""
    duration: float | str
    """how long they change, from the start of the washout (default auto; 0 to 1e+15; unit: time)"""
    mean: float | str
    """wanted mean of each neuron's rates (default auto; -1 to 1)"""
    sd: float | str
    """wanted standard deviation of rates from -1 to 1, which become normal (tanh) (default 0.2; 0.001 to 1)"""

class Parallel(Section):
    exchange: str
    """how rates and sums go from rank to rank (default all-gather)"""
    groups: int | str
    """reservoirs side by side, of reservoir.size neurons each: so many groups of the task's outputs, one after the other, have one each, which hears the inputs and what is fed back of its outputs' numbers and of neighbours (default 1; 1 to 1e+06)"""
    overlap: int | str
    """neighbours on each side that a group hears besides its own channels (default 0; 0 to 1e+06; unit: channels)"""
    boundary: str
    """periodic: the first channel is a neighbour of the last; open: beyond the ends a group hears 0 (default periodic; one of periodic, open)"""
    shared: bool
    """all groups have the same J, W_in, W_fb, bias and readout weights, which are learned from the data of all of them: for systems that are the same everywhere; false: each has its own (default true)"""
    balance: str
    """rows of J go over to ranks of the same machine that would wait, always or never; auto: from when ranks wait more than 15 % of the time. No bit of the results depends on it (default auto; one of auto, always, never)"""

class Readout(Section):
    features: str
    """what readouts hear: rates, then any of +bias (a constant 1), +input (the input u) and +squares (every second rate, from neuron 1 on, is replaced by its square) (default rates)"""

class Task(Section):
    name: str
    """the task (default sines)"""
    drive: str
    """target: the input is the target's own series; with task.horizon, the target is so far ahead of it (default none; one of none, target)"""
    normalise: str
    """zscore: mean 0 and variance 1 of every input and target over washout and training (without a file, at most their first 10^6 steps) (default none; one of none, zscore)"""
    training_noise: float | str
    """standard deviation of Gaussian noise on what drives a training step: the input, and the target that a teacher feeds back; after task.normalise; protocol.input_noise and protocol.feedback_noise set each by itself (default 0; 0 to 1e+15)"""
    periods: Sequence[float] | float | str
    """periods of the sines (of sines, pattern; default 120, 60, 40, 30; 1e-15 to 1e+15; unit: tau)"""
    amplitudes: Sequence[float] | float | str
    """amplitudes of the sines, as many as periods (of sines, pattern; default 1, 0.5, 0.16666666666666666, 0.3333333333333333; -1e+15 to 1e+15)"""
    scale: float | str
    """common factor of all amplitudes (of sines, mso, lorenz, rossler, lorenz96, kuramoto-sivashinsky; default 0.8666666666666667; -1e+15 to 1e+15)"""
    horizon: float | str
    """0: the target is the series; else: the input is the series, and the target is so far ahead of it, or, if negative, behind it: the input's own past (of sines, mso, triangle, file, lorenz, rossler, mackey-glass, henon, logistic, lorenz96, kuramoto-sivashinsky; default 0; -100000 to 100000; unit: time)"""
    count: int | str
    """how many oscillators (of mso; default 5; 1 to 12)"""
    speed: float | str
    """samples k of the series in one tau (of mso, lorenz, rossler, mackey-glass, lorenz96, kuramoto-sivashinsky; default 1; 1e-06 to 1e+06; unit: 1/tau)"""
    interval: float | str
    """how long each input is held, at least dt (of narma10, memory, product-memory, henon, logistic, flip-flop; default 1; 1e-15 to 1e+15; unit: time)"""
    seed: int | str
    """seed of the input (of narma10, memory, product-memory, delayed-xor, flip-flop, delayed-match, evidence, spike-pattern; default 1; 0 to 9.0072e+15)"""
    period: float | str
    """period of the wave (of triangle, spike-pattern; default 60; 1e-15 to 1e+15; unit: tau)"""
    amplitude: float | str
    """largest value (of triangle; default 1; 1e-15 to 1e+15)"""
    delays: int | str
    """largest delay; one output for each (of memory, product-memory; default 10; 1 to 10000; unit: inputs)"""
    path: str
    """text (CSV), HDF5, netCDF-4, .mat (v7.3), .npy or .npz; relative to the folder bayres is started in (of file; required; unit: file)"""
    input: Sequence[str] | str
    """columns or data sets that are the input u, also ranges such as d0..d59; none: no input (of file; default none; unit: columns)"""
    target: Sequence[str] | str
    """columns or data sets that are the target z*, also ranges such as d0..d59 (of file; required; unit: columns)"""
    target_is: str
    """values: z* at each sample; times: the column lists the times at which a spike is desired, ascending (cells that are left over are empty, with task.missing = skip); z* is 1 in the step of a spike, else 0; class: the column says of what class a sequence is, a number; there is an output for each class, and z* is 1 for that of the sequence, else 0 (of file; default values; one of values, times, class)"""
    classes: Sequence[float] | float | str
    """with target_is = class: the numbers of the classes, one for each output; empty: those in the column, ascending (of file; default none; -1e+15 to 1e+15)"""
    header: str
    """first line of a text file. first: it names the columns; none: they are called 1, 2, ...; auto: as first, but numbers are refused (of file; default auto; one of auto, first, none)"""
    separator: str
    """what separates the columns of a text file (space: one or more); auto: found out (of file; default auto; one of auto, comma, semicolon, tab, space)"""
    decimal: str
    """decimal mark of the numbers of a text file; auto: found out (of file; default auto; one of auto, point, comma)"""
    missing: str
    """missing values are an error, take the value before them, lie on a straight line, or skip the step, which is neither learned from nor scored (a missing input is held) (of file; default error; one of error, hold, interpolate, skip)"""
    sample_interval: float | str
    """time between two samples of the file (of file; default auto; 1e-15 to 1e+15; unit: time)"""
    start: float | str
    """time in the file at which the run starts (of file; default 0; 0 to 1e+15; unit: time)"""
    split: float | str
    """fraction of the series before which washout and training lie; the default of train and test. Of sequences that are gone through several times, or have classes: fraction of their number (of file; default 0.75; 1e-09 to 1)"""
    segments: str
    """column that is not 0 where a segment begins, and then its kind: a whole number; states return to x(0) (of file; default none; unit: column)"""
    sequence: str
    """column that numbers the sequences: a segment begins where it changes; in place of segments. first_dimension: of arrays (sequence, time, channel), with labels (sequence) (of file; default none; unit: column)"""
    passes: int | str
    """how often the sequences to learn from are gone through (of file; default 1; 1 to 1e+06)"""
    shuffle: int | str
    """seed of the order in which they are gone through, another one in each pass; 0: the order of the file (of file; default 0; 0 to 9.0072e+15)"""
    step_weight: str
    """column that says how much each step counts; 0 to 1; 0: it is neither learned from nor scored (of file; default none; unit: column)"""
    dimensions: int | str
    """how many of x, y, z are targets (of lorenz, rossler, henon; default 1; 1 to 3)"""
    delay: float | str
    """delay, in the equation's own time; chaotic from about 16.8 (of mackey-glass, delayed-xor, delayed-match, evidence; default 17; 1 to 1000)"""
    squash: bool
    """the series is tanh(x - 1) (Jaeger & Haas 2004, Science 304:78-80) (of mackey-glass; default false)"""
    r: float | str
    """growth; chaotic for most values from about 3.57 (of logistic; default 3.9; 0 to 4)"""
    sites: int | str
    """variables x_i on a circle; each is a target (of lorenz96; default 40; 4 to 2048)"""
    forcing: float | str
    """F; below 8/9 all x_i go to F, at 8 they are chaotic (of lorenz96; default 8; 0 to 30)"""
    length: float | str
    """period in x; chaotic at 22, 44 and most lengths above; at 24, 28, 32 and 40 u settles on waves (of kuramoto-sivashinsky, pattern; default 22; 10 to 1000)"""
    points: int | str
    """points x_j, a power of two; each is a target (of kuramoto-sivashinsky; default 64; 16 to 2048)"""
    pulse: float | str
    """length of a pulse (of delayed-xor, flip-flop; default 5; 1e-15 to 1e+15; unit: time)"""
    gap: float | str
    """time between the pulses (of delayed-xor, delayed-match, evidence; default 5; 0 to 1e+15; unit: time)"""
    response: float | str
    """length of the response (of delayed-xor, delayed-match, evidence; default 5; 1e-15 to 1e+15; unit: time)"""
    rest: float | str
    """time between two trials (of delayed-xor; default 5; 0 to 1e+15; unit: time)"""
    channels: int | str
    """1: pulses are +1 or -1; 2: pulses are 1 in the one channel or in the other (of delayed-xor, flip-flop; default 1; 1 to 2; unit: inputs)"""
    reset: bool
    """whether states return to x(0) where a trial begins (of delayed-xor, delayed-match, evidence, pattern; default false)"""
    scored: str
    """response: outside the response nothing is learned or scored; all: there the target is 0 (of delayed-xor; default all; one of all, response)"""
    probability: float | str
    """that there is a pulse, in each channel by itself (of flip-flop, evidence; default 0.5; 0 to 1)"""
    stimulus: float | str
    """length of a stimulus (of delayed-match; default auto; 1e-15 to 1e+15; unit: time)"""
    cues: int | str
    """number of cues, odd (of evidence; default 7; 1 to 99; unit: cues)"""
    cue: float | str
    """length of a cue (of evidence, pattern; default 2; 1e-15 to 1e+15; unit: time)"""
    spikes: int | str
    """desired spikes in a period (of spike-pattern; default 4; 1 to 10000)"""
    margin: float | str
    """no spikes are desired so near to the ends of their slots (of spike-pattern; default 20; 0 to 1e+15; unit: time)"""
    firing_rate: float | str
    """rate of the teacher without adaptation, about (of spike-teacher; default 0.01; 1e-09 to 1; unit: 1/ms)"""
    sd: float | str
    """standard deviation of z of the teacher (of spike-teacher; default 1.5; 0 to 10)"""

class Protocol(Section):
    feedback: str
    """y: 0; or z* while training and z when free; or always z (default none; one of none, teacher, output)"""
    washout: float | str
    """duration before learning starts (default 0; 0 to 1e+15; unit: time)"""
    train: float | str
    """duration of learning (default auto; 0 to 1e+15; unit: time)"""
    test: float | str
    """duration with frozen weights, after training (default auto; 0 to 1e+15; unit: time)"""
    learn_every: int | str
    """learn in every nth training step (default 1; 1 to 1e+15; unit: steps)"""
    folds: int | str
    """cross-validation over the sequences of a file: of each learner there are so many, NAME_fold_1, ..., and each learns from all but every folds-th sequence, on which it is tested; 0: none (default 0; 0 to 1000)"""
    evaluate_at: Sequence[float] | float | str
    """simulated times (as in /time) within training at which frozen weights are scored (default none; 0 to 1e+15; unit: time)"""
    evaluate_span: float | str
    """duration of held-out time that frozen weights are scored on (default auto; 0 to 1e+15; unit: time)"""
    divergence_limit: float | str
    """a readout diverges when |z| is more than this times the size of z*: its rms so far, at least 1 (default 1e+06; 1e-15 to 1e+15)"""
    input_noise: float | str
    """standard deviation of Gaussian noise on the input of a training step, after task.normalise (default auto; 0 to 1e+15)"""
    feedback_noise: float | str
    """the same on what is fed back in a training step: the target of a teacher, or outputs (default auto; 0 to 1e+15)"""
    state_noise: float | str
    """standard deviation of Gaussian noise on the states in training steps alone, beside reservoir.noise (default 0; 0 to 1e+15)"""

class Learner(Section):
    rule: str
    """the rule (required)"""
    output: str
    """what the output sends: rate: z = w r, learned from z* - z; spikes: a neuron with escape noise, driven by z, which learns to send the spikes of the task; keys output.KEY (default rate; one of rate, spikes)"""
    weights: str
    """HDF5 file with the weights that readouts start from: the last of /learners/NAME/weights in a result, NAME that of the learner, or a data set weights (outputs x features) (default none; unit: file)"""
    recurrent_rule: str
    """rule for J; none: J stays as it is (default none)"""
    fold: int | str
    """with protocol.folds: from 1, the fold that it is tested on and does not learn from; 0: one learner for each fold (default 0; 0 to 1000)"""
    eta: float | str
    """learning rate (of delta, nlms, adagrad, exponentiated-gradient; default 0.001; 1e-15 to 1e+15)"""
    kappa: float | str
    """initial precision of a target weight, in units of 1/sigma_l^2 (of bayes, branch, delta-decay, clipped; default auto; 1e-15 to 1e+15)"""
    drift: float | str
    """variance that a target weight gains per learning step (of bayes; default 0; 0 to 1e+15; unit: 1/step)"""
    prior_decay: float | str
    """fraction of the way back to the prior, mean 0 and variance 1/kappa, per learning step (of bayes; default 0; 0 to 1; unit: 1/step)"""
    others: str
    """uncertainty of all other synapses: prior: constant, in kappa; shared: V is broadcast and divides the gain by 1 + V; joint: and the variance too; discount, of outputs that send spikes: V divides what is learned from a step (of bayes, branch; default prior; one of prior, shared, joint, discount)"""
    branch_size: int | str
    """synapses per branch B, at most reservoir.size (of branch; default 20; 1 to 1e+15; unit: synapses)"""
    rho: float | str
    """variance of the observation noise, part of the default kappa (of branch; default 1; 1e-15 to 1e+15; unit: sigma_l^2)"""
    resource_sd: float | str
    """standard deviation of the total target weight of a branch: couples its synapses (of branch; default auto; 1e-15 to 1e+15; unit: sigma_l)"""
    forgetting: float | str
    """the covariance is divided by this before an update, while its trace is at most that of the prior; 1: not (of branch, rls; default 1; 0.01 to 1)"""
    covariance_type: str
    """type in which covariances are stored; all is computed in float64 (of branch; default float64; one of float64, float32)"""
    alpha: float | str
    """regularisation: P(0) = I/alpha (of rls; default 1; 1e-15 to 1e+15)"""
    epsilon: float | str
    """keeps the divisor from zero (of nlms, adagrad; default 1e-06; 1e-15 to 1e+15)"""
    w0: float | str
    """initial size of every weight (of dale, exponentiated-gradient; default 0.02; 1e-15 to 1e+15)"""
    v0: float | str
    """initial variance of a log weight (of dale; default 1; 1e-15 to 1e+15)"""
    likelihood_variance: float | str
    """sigma_l^2: variance of the output that a synapse cannot see (of dale; default auto; 1e-15 to 1e+15)"""
    fraction_excitatory: float | str
    """fraction of neurons with positive weights (of dale, clipped, exponentiated-gradient; default 0.5; 0 to 1)"""
    lambda_: float | str
    """regularisation; 0: the smallest weights of least squares (of ridge; default 1; 0 to 1e+15)"""
    lambda_select: str
    """validation: a list of lambda makes one learner more, with the lambda whose error is smallest on the last part of training, and lambda = auto (of ridge; default none; one of none, validation)"""
    validation_fraction: float | str
    """the last part of training, on which lambda is chosen by what was learned before (of ridge; default 0.2; 0.01 to 0.9)"""
    recurrent_eta: float | str
    """learning rate (of delta, adagrad, miconi, node-perturbation; default 0.001; 1e-15 to 1e+15)"""
    recurrent_feedback: str
    """how a neuron is told of the error: symmetric: by its own readout weight; random: by a fixed weight, Normal(0, 1/N) (of delta, bayes, adagrad, delta-decay; default symmetric; one of symmetric, random)"""
    recurrent_apply_every: int | str
    """J is changed once in so many steps by what was gathered; also before a segment begins, where weights are recorded or evaluated, and at the end of training (of delta, bayes, adagrad, delta-decay; default 1; 1 to 1024; unit: learning steps)"""
    recurrent_sum_type: str
    """type of what is gathered and of the sums that synapses keep; float32 is faster (of delta, bayes, adagrad, delta-decay; default float64; one of float64, float32)"""
    recurrent_weights: str
    """what learns: recurrent weights, or those of the input and, with feedback, of what is fed back, too (of delta, bayes, adagrad, delta-decay; default J; one of J, J+W_in+W_fb)"""
    recurrent_kappa: float | str
    """initial precision of a recurrent weight, in units of 1/sigma_l^2 (of bayes, delta-decay; default auto; 1e-15 to 1e+15)"""
    recurrent_epsilon: float | str
    """keeps the divisor from zero (of adagrad; default 1e-08; 1e-15 to 1e+15)"""
    recurrent_trace: float | str
    """part of a neuron's trace of itself that stays in a step (of miconi; default 0.05; 0 to 1)"""
    recurrent_perturbation_rate: float | str
    """how often the input of a neuron is perturbed, each time for one step; at most once a step (of miconi, node-perturbation; default auto; 0 to 1e+15; unit: 1/time)"""
    recurrent_perturbation: float | str
    """perturbations are uniform in [-1, 1] times this (of miconi, node-perturbation; default auto; 0 to 1e+15)"""
    recurrent_limit: float | str
    """largest change of a weight in a trial (of miconi, node-perturbation; default 3e-04; 1e-15 to 1e+15)"""
    recurrent_memory: float | str
    """part of the running mean error that stays in a trial (of miconi, node-perturbation; default 0.75; 0 to 1)"""
    recurrent_warm_up: int | str
    """first trials, in which nothing is learned (of miconi, node-perturbation; default 100; 0 to 1e+09; unit: trials)"""

class FreeRun(Section):
    period: float | str
    """period of the target; 0: it has none (default auto; 0 to 1e+15; unit: time)"""
    lyapunov_exponent: float | str
    """largest Lyapunov exponent of the target; 0: it has none, or it is not known (default auto; 0 to 1e+15; unit: 1/time)"""
    valid_error: float | str
    """error up to which an output is valid (valid_time) (default 0.4; 1e-15 to 1e+15)"""
    held_nrmse: float | str
    """a period is held if aligned_nrmse is below this (default 0.3; 1e-15 to 1e+15)"""
    held_amplitude: float | str
    """and amplitude_ratio is not further than this from 1 (default 0.25; 1e-15 to 1e+15)"""
    segment: int | str
    """segments of the power spectrum (spectrum_distance), a power of 2 (default 1024; 16 to 65536; unit: steps)"""

class Record(Section):
    every: int | str
    """record input, target and outputs in every nth step (default 1; 1 to 1e+15; unit: steps)"""
    rates: Sequence[int] | range | int | str
    """neurons whose rates are recorded, such as 0..9, 17 (default none; 0 to 2.14748e+09; unit: neurons)"""
    weights_every: int | str
    """training steps between two snapshots of weights; 0: only before and after training (default 0; 0 to 1e+15; unit: steps)"""
    recurrent: Sequence[int] | range | int | str
    """neurons whose recurrent weights, those onto them, are recorded in these snapshots, where a learner learns J; such as 0, 17 (default none; 0 to 2.14748e+09; unit: neurons)"""
    network: str
    """write J, W_in, W_fb, bias and x0 to the result, and of a learner of J what it has learned; auto: where a learner learns J (default auto; one of auto, true, false)"""
    spikes: str
    """whose spikes are recorded: true (all), false, or neurons such as 0..9, 17 (default false; unit: neurons)"""

class Evaluate(Section):
    start: float | str
    """time of the task at which it begins (default auto; 0 to 1e+15; unit: time)"""
    starts: int | str
    """times to start from, one after the other, advanced together from x(0), each with its washout; 0: one start (default 0; 0 to 100000)"""
    spacing: float | str
    """from one of the starts to the next (default auto; 1e-15 to 1e+15; unit: time)"""
    washout: float | str
    """duration before scoring; in a closed loop the target is fed back in it (default 0; 0 to 1e+15; unit: time)"""
    span: float | str
    """duration that is scored (default auto; 1e-15 to 1e+15; unit: time)"""
    initial_states: int | str
    """new initial states, advanced together; 0: the state of the checkpoint, or x(0) of a result (default 0; 0 to 100000)"""
    noise: float | str
    """standard deviation of the state noise (default auto; 0 to 1e+15)"""
    input_noise: float | str
    """standard deviation of noise added to the input (default 0; 0 to 1e+15)"""
    input_scale: float | str
    """factor of the input's amplitude (default 1; -1e+15 to 1e+15)"""
    speed: float | str
    """the task goes so many times as fast, interpolated between its steps (default 1; 1e-06 to 1000)"""
    pulse_time: float | str
    """when the states are perturbed (default 0; 0 to 1e+15; unit: time)"""
    pulse_size: float | str
    """standard deviation of what is added to each state; 0: no pulse (default 0; 0 to 1e+15)"""
    window: float | str
    """duration over which window_nrmse averages (default 1; 1e-15 to 1e+15; unit: time)"""
    recovery_threshold: float | str
    """it has recovered when the nrmse of all later windows is at most this (default 0.1; 1e-15 to 1e+15)"""
    closed_loop: str
    """outputs are fed back, in the place of the input if the run had no feedback; auto: if it had (default auto; one of auto, true, false)"""
    trajectories: str
    """write target and outputs of all scored time; auto: of another recording (default auto; one of auto, true, false)"""
    divide: str
    """what ranks divide among them: the neurons (or groups), or starts and initial states, each with all neurons; auto: the latter for a result whose J takes at most 1.5 MB, or whose groups share it and are not fewer than the ranks; neurons for a checkpoint (default auto; one of auto, neurons, replicas)"""
    seed: int | str
    """of new initial states, noise and pulse (default 1; 1 to 2.14748e+09)"""

class Output(Section):
    file: str
    """result file; -o overrides it; by default named after the config (default none; unit: file)"""

class Performance(Section):
    probe: bool
    """measure for 0.1 s, at the end, how fast the machine reads memory, and report the share that J r reaches (default false)"""

class Learners:
    def __getattr__(self, name: str) -> Learner: ...
    def __setattr__(self, name: str, keys: Mapping[str, Any]) -> None: ...
    def __getitem__(self, name: str) -> Learner: ...
    def __setitem__(self, name: str, keys: Mapping[str, Any]) -> None: ...
    def __iter__(self) -> Iterator[str]: ...

class Config(MutableMapping[str, Any]):
    run: Run
    ensemble: Ensemble
    reservoir: Reservoir
    neuron: Neuron
    intrinsic_plasticity: IntrinsicPlasticity
    parallel: Parallel
    readout: Readout
    task: Task
    protocol: Protocol
    free_run: FreeRun
    record: Record
    evaluate: Evaluate
    output: Output
    performance: Performance
    @property
    def learner(self) -> Learners: ...
    def __init__(self, config: str | os.PathLike[str] | Mapping[str, Any] | None = None,
                 **keys: Any) -> None: ...
    def __getitem__(self, name: str) -> Any: ...
    def __setitem__(self, name: str, value: Any) -> None: ...
    def __delitem__(self, name: str) -> None: ...
    def __iter__(self) -> Iterator[str]: ...
    def __len__(self) -> int: ...
    def copy(self) -> Config: ...
    def write(self, path: str | os.PathLike[str]) -> str | os.PathLike[str]: ...
    def check(self, data: Any = None) -> None: ...
