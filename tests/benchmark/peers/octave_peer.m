% Octave: octave_peer.m WORKLOAD SIZE CONNECTIVITY STORAGE TYPE STEPS [NETWORK OUTPUTS]
%
% Prints the microseconds of a step. WORKLOAD is bayes or rls, STORAGE dense or sparse, TYPE double or single. NETWORK
% is a .mat file with J, W_in, x0 and target; OUTPUTS is the .mat file that z is written to.

1;

function [microseconds, z] = bayes(J, W_in, x, target, warm_up)
  leak = 0.1; keep = 1 - leak;
  J = leak * J; W_in = leak * W_in;
  r = tanh(x);
  w = zeros(size(x), class(x));
  precision = w + numel(x);  % kappa + S, with kappa = N
  z = zeros(1, numel(target), class(x));
  for t = 1:numel(target)
    if t == warm_up + 1
      start = tic();
    end
    u = target(t);
    x = keep * x + J * r + u * W_in;
    r = tanh(x);
    z(t) = w' * r;
    precision += r .* r;
    w += (u - z(t)) * r ./ precision;
  end
  microseconds = 1e6 * toc(start) / (numel(target) - warm_up);
end

function [microseconds, z] = rls(J, W_in, x, target, warm_up)
  leak = 0.1; keep = 1 - leak;
  J = leak * J; W_in = leak * W_in;
  r = tanh(x);
  w = zeros(size(x), class(x));
  P = eye(numel(x), class(x)) + 0;  % + 0: stored in full
  z = zeros(1, numel(target), class(x));
  for t = 1:numel(target)
    if t == warm_up + 1
      start = tic();
    end
    u = target(t);
    x = keep * x + J * r + u * W_in;
    r = tanh(x);
    z(t) = w' * r;
    k = P * r;
    c = 1 / (1 + r' * k);
    P -= (c * k) * k';
    w += (c * (u - z(t))) * k;
  end
  microseconds = 1e6 * toc(start) / (numel(target) - warm_up);
end

function target = sines(steps)
  t = 0.1 * (1:steps);
  target = 1.3 / 1.5 * (sin(2 * pi * t / 120) + sin(2 * pi * t / 60) / 2 + sin(2 * pi * t / 40) / 6 ...
                        + sin(2 * pi * t / 30) / 3);
end

arguments = argv();
[workload, storage, type] = arguments{[1 4 5]};
size_ = str2double(arguments{2});
connectivity = str2double(arguments{3});
steps = str2double(arguments{6});
if numel(arguments) > 6
  load(arguments{7});  % J, W_in, x0, target
  warm_up = 0;
else
  randn("seed", 1); rand("seed", 1);
  if strcmp(storage, "sparse")
    J = sprandn(size_, size_, connectivity);
  elseif connectivity < 1
    J = randn(size_) .* (rand(size_) < connectivity);
  else
    J = randn(size_);
  end
  J = 1.5 / sqrt(connectivity * size_) * J;
  W_in = 2 * rand(size_, 1) - 1;
  x0 = 0.5 * randn(size_, 1);
  warm_up = max(floor(steps / 10), 5);
  target = sines(warm_up + steps);
end
if strcmp(storage, "dense")
  J = full(J);
end
if strcmp(type, "single")
  J = single(J); W_in = single(W_in); x0 = single(x0); target = single(target);
end
if strcmp(workload, "bayes")
  [microseconds, z] = bayes(J, W_in, x0(:), target, warm_up);
else
  [microseconds, z] = rls(J, W_in, x0(:), target, warm_up);
end
if numel(arguments) > 7
  save("-v6", arguments{8}, "z");
end
printf("%.17g\n", microseconds);
