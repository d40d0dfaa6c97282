// One step of a GRU, forward and backward: one thread per hidden unit and sample.
//
// Laid out like the LSTM (see lstm.cu); the gates are r, z, n. REAL is float or double, given by whoever compiles this.

static __device__ inline REAL sigmoid(REAL x) { return tanh(x * REAL(0.5)) * REAL(0.5) + REAL(0.5); }

// gates: in, what x brought to each gate, with its bias; out, the gates. recurrent: what h brought, with its bias.
// memory: what r multiplies, kept for backward.
extern "C" __global__ void gru_cell(
    long long size, REAL* gates, const REAL* recurrent, const REAL* h_before, REAL* memory, REAL* h_after)
{
    const long long k = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (k >= size) return;
    const REAL r = sigmoid(gates[k] + recurrent[k]);
    const REAL z = sigmoid(gates[k + size] + recurrent[k + size]);
    const REAL m = recurrent[k + 2 * size];
    const REAL n = tanh(gates[k + 2 * size] + r * m);
    gates[k] = r;
    gates[k + size] = z;
    gates[k + 2 * size] = n;
    memory[k] = m;
    h_after[k] = n + z * (h_before[k] - n);
}

// The gradient of h is the sum of three: `by_weights` came through the next step's product, `carry` past it, d_step
// from the sequence (read only if has_steps). carry: out, what goes past this step. from_x and from_h: gradients before
// the activations, as x and as h see them; they differ in n, where r stands between.
extern "C" __global__ void gru_cell_vjp(
    long long size, const REAL* gates, const REAL* memory, const REAL* h_before, const REAL* by_weights,
    const REAL* d_step, int has_steps, REAL* carry, REAL* from_x, REAL* from_h)
{
    const long long k = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (k >= size) return;
    const REAL one = REAL(1);
    const REAL r = gates[k], z = gates[k + size], n = gates[k + 2 * size];
    const REAL d_h = by_weights[k] + carry[k] + (has_steps ? d_step[k] : REAL(0));
    const REAL dn = d_h * (one - z) * (one - n * n);
    const REAL dr = dn * memory[k] * (r - r * r);
    const REAL dz = d_h * (h_before[k] - n) * (z - z * z);
    from_x[k] = from_h[k] = dr;
    from_x[k + size] = from_h[k + size] = dz;
    from_x[k + 2 * size] = dn;
    from_h[k + 2 * size] = dn * r;
    carry[k] = d_h * z;
}
