// One step of an LSTM, forward and backward: one thread per hidden unit and sample.
//
// A step is one block of memory, feature-major. `size` is units * samples: gate q of a unit lies at q * size + k where
// its state lies at k, so neighbouring threads read neighbouring numbers. The gates are i, f, o, g.
//
// REAL is float or double, given by whoever compiles this. The text includes nothing and keeps to what a host compiler
// understands too, so that tests without a GPU run the very same text.

static __device__ inline REAL sigmoid(REAL x) { return tanh(x * REAL(0.5)) * REAL(0.5) + REAL(0.5); }

// gates: in, what x brought to each gate, with its bias; out, the gates. recurrent: what h brought.
extern "C" __global__ void lstm_cell(
    long long size, REAL* gates, const REAL* recurrent, const REAL* cell_before, REAL* cell_after, REAL* h_after)
{
    const long long k = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (k >= size) return;
    const REAL i = sigmoid(gates[k] + recurrent[k]);
    const REAL f = sigmoid(gates[k + size] + recurrent[k + size]);
    const REAL o = sigmoid(gates[k + 2 * size] + recurrent[k + 2 * size]);
    const REAL g = tanh(gates[k + 3 * size] + recurrent[k + 3 * size]);
    const REAL cell = f * cell_before[k] + i * g;
    gates[k] = i;
    gates[k + size] = f;
    gates[k + 2 * size] = o;
    gates[k + 3 * size] = g;
    cell_after[k] = cell;
    h_after[k] = o * tanh(cell);
}

// dh: gradient of h from the next step; d_step: from the sequence, read only if has_steps. dc: in, gradient of the cell
// after the step; out, of the cell before it. dz: gradients before the activations. A sigmoid's slope is s (1 - s).
extern "C" __global__ void lstm_cell_vjp(
    long long size, const REAL* gates, const REAL* cell_before, const REAL* cell_after, const REAL* dh,
    const REAL* d_step, int has_steps, REAL* dc, REAL* dz)
{
    const long long k = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (k >= size) return;
    const REAL one = REAL(1);
    const REAL i = gates[k], f = gates[k + size], o = gates[k + 2 * size], g = gates[k + 3 * size];
    const REAL tanh_cell = tanh(cell_after[k]);
    const REAL d_h = has_steps ? dh[k] + d_step[k] : dh[k];
    const REAL d_cell = dc[k] + d_h * o * (one - tanh_cell * tanh_cell);
    dz[k] = d_cell * g * (i - i * i);
    dz[k + size] = d_cell * cell_before[k] * (f - f * f);
    dz[k + 2 * size] = d_h * tanh_cell * (o - o * o);
    dz[k + 3 * size] = d_cell * i * (one - g * g);
    dc[k] = d_cell * f;
}
