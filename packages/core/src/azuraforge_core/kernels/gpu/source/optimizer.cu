// Updates of parameters: one thread per number, every number read once and written once.
//
// REAL is float or double, given by whoever compiles this.

// take1 and take2 are 1 - beta1 and 1 - beta2; epsilon and rate hold the bias corrections already.
extern "C" __global__ void adam(
    long long size, REAL* values, const REAL* gradients, REAL* first, REAL* second, REAL keep, REAL shrink, REAL take1,
    REAL beta2, REAL take2, REAL epsilon, REAL rate)
{
    const long long k = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (k >= size) return;
    const REAL value = values[k] * keep;
    const REAL gradient = gradients[k] + shrink * value;
    const REAL m = first[k] + take1 * (gradient - first[k]);
    const REAL v = beta2 * second[k] + take2 * gradient * gradient;
    first[k] = m;
    second[k] = v;
    values[k] = value - rate * (m / (sqrt(v) + epsilon));
}

extern "C" __global__ void sgd(
    long long size, REAL* values, const REAL* gradients, REAL* velocity, REAL shrink, REAL momentum, int is_nesterov,
    REAL rate)
{
    const long long k = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (k >= size) return;
    const REAL gradient = gradients[k] + shrink * values[k];
    const REAL speed = momentum * velocity[k] + gradient;
    velocity[k] = speed;
    values[k] -= rate * (is_nesterov ? gradient + momentum * speed : speed);
}
