import { keepPreviousData, useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { cacheKeys, catalogQuery, experimentQuery, request } from "@/lib/api/queries";
import type { EventPage, MetricHistory, Recent } from "@/lib/api/schema.gen";
import {
  LiveConnection,
  POLL_MS,
  type LinkState,
  type LiveSocket,
  type LiveWorld,
} from "@/lib/live/connection";
import { applyFrame, applyFrames, type Frame } from "@/lib/live/reducer";
import { EMPTY_LIVE, type LiveState } from "@/lib/live/state";
import { isTerminal } from "@/lib/states";

const PAGE_LIMIT = 1000;
const SLOW_MS = 15_000;
const CHART_BUCKETS = 400;

export function useExperiment(id: string) {
  return useQuery({
    ...experimentQuery(id),
    refetchInterval: ({ state: { data } }) => (data && isTerminal(data.state) ? false : SLOW_MS),
  });
}

/** Device of the worker that trains it, as that worker announces it; null when it is not alive. */
export function useWorkerDevice(workerId: string | null): string | null {
  const { data } = useQuery({ ...catalogQuery, enabled: workerId !== null });
  return data?.live_workers.find(({ worker_id }) => worker_id === workerId)?.device ?? null;
}

/** The state that this experiment's events add up to, kept current until its end. */
export function useLive(id: string): { live: LiveState; link: LinkState } {
  const cache = useQueryClient();
  const [link, setLink] = useState<LinkState>("connecting");
  const { data: live } = useQuery<LiveState>({
    queryKey: cacheKeys.live(id),
    queryFn: () => cache.getQueryData<LiveState>(cacheKeys.live(id)) ?? EMPTY_LIVE,
    initialData: EMPTY_LIVE,
    staleTime: Infinity,
    gcTime: 10 * 60_000,
  });

  useEffect(() => {
    const connection = new LiveConnection(createWorld(id, { cache, onLink: setLink }));
    const wake = () => connection.wake();
    connection.start();
    window.addEventListener("online", wake);
    document.addEventListener("visibilitychange", wake);
    return () => {
      window.removeEventListener("online", wake);
      document.removeEventListener("visibilitychange", wake);
      connection.stop();
    };
  }, [id, cache]);

  return { live, link };
}

/** Logs and samples where no socket brings them: while it fails, and once after the end. */
export function useRecentOutput(
  id: string,
  { isPolling, isEnded }: { isPolling: boolean; isEnded: boolean },
): void {
  const cache = useQueryClient();
  useQuery({
    queryKey: [...cacheKeys.experiment(id), "output", isEnded],
    queryFn: async ({ signal }) => {
      const recent = await request<Recent>(`/experiments/${id}/logs`, { signal });
      cache.setQueryData<LiveState>(cacheKeys.live(id), (live) => applyFrame(live ?? EMPTY_LIVE, recent));
      return true;
    },
    enabled: isPolling || isEnded,
    refetchInterval: isPolling && !isEnded ? POLL_MS : false,
    staleTime: Infinity,
  });
}

/** A metric in as many points as a chart can show, for histories that are too long to hold every epoch. */
export function useMetricHistory(
  id: string,
  name: string | undefined,
  { isLong, isEnded }: { isLong: boolean; isEnded: boolean },
): MetricHistory | undefined {
  const search = new URLSearchParams({ name: name ?? "", points: String(CHART_BUCKETS) });
  const { data } = useQuery({
    queryKey: [...cacheKeys.experiment(id), "metric", name, isEnded],
    queryFn: ({ signal }) =>
      request<MetricHistory>(`/experiments/${id}/metrics?${search.toString()}`, { signal }),
    enabled: isLong && name !== undefined,
    refetchInterval: isEnded ? false : SLOW_MS,
    placeholderData: keepPreviousData,
  });
  return data;
}

function createWorld(
  id: string,
  { cache, onLink }: { cache: QueryClient; onLink: (link: LinkState) => void },
): LiveWorld {
  const readLive = () => cache.getQueryData<LiveState>(cacheKeys.live(id)) ?? EMPTY_LIVE;
  return {
    readLive,
    onLink,
    deliver: (frames) => {
      const before = readLive();
      const after = applyFrames(before, frames);
      cache.setQueryData(cacheKeys.live(id), after);
      if (after.state !== before.state || after.isEnded !== before.isEnded) refresh(id, cache);
    },
    openSocket: (after) => openSocket(id, after),
    readEvents: (after) => request<EventPage>(`/experiments/${id}/events?after=${after}&limit=${PAGE_LIMIT}`),
    setTimer: (run, ms) => {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
    random: Math.random,
  };
}

/** A changed state changes what the API says of the experiment, its files and the list. */
function refresh(id: string, cache: QueryClient): void {
  void cache.invalidateQueries({ queryKey: cacheKeys.experiment(id), exact: true });
  void cache.invalidateQueries({ queryKey: cacheKeys.artifacts(id) });
  void cache.invalidateQueries({ queryKey: cacheKeys.experiments });
}

function openSocket(id: string, after: number): LiveSocket {
  const scheme = window.location.protocol === "https:" ? "wss" : "ws";
  const socket = new WebSocket(`${scheme}://${window.location.host}/ws/task_status/${id}?after=${after}`);
  const send: LiveSocket["send"] = (frame) => {
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame));
  };
  const wrapped: LiveSocket = {
    onOpen: null,
    onFrame: null,
    onClose: null,
    send,
    close: () => socket.close(),
  };
  socket.onopen = () => wrapped.onOpen?.();
  socket.onclose = (event) => wrapped.onClose?.(event.code);
  socket.onmessage = (event: MessageEvent<unknown>) => {
    if (typeof event.data === "string") wrapped.onFrame?.(JSON.parse(event.data) as Frame);
  };
  return wrapped;
}
