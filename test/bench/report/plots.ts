import { init, type EChartsCoreOption } from 'echarts';
import type { Point } from './figure.js';

const WIDTH = 900;
const HEIGHT = 380;
const OURS = '#0b66c3';
const REFERENCE = '#d9730d';
const COLORS = [OURS, REFERENCE, '#2e8b57'];
const QUANTILES = ['p50', 'p99'] as const;

function svg(option: EChartsCoreOption): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height: HEIGHT });
  chart.setOption({
    animation: false,
    // Readable in dark surroundings too.
    backgroundColor: '#ffffff',
    textStyle: { fontFamily: 'sans-serif' },
    ...option,
  });
  const text = chart.renderToSVGString();
  chart.dispose();
  return `${text}\n`;
}

const pointsOf = (points: readonly Point[], curve: string, server: string) =>
  points.filter((point) => point.curve === curve && point.server === server);

const axis = (gridIndex: number, name: string) => ({ gridIndex, name, nameLocation: 'middle', nameGap: 28 });

/** Latency of idle pulls and of pushes against the number of connections, ours and the reference's. */
export function latencyPlot(points: readonly Point[]): string {
  const panels = [
    { curve: 'load.idle-pull', title: 'Pull, nothing new' },
    { curve: 'load.push', title: 'Push of one workout' },
  ];
  const servers = [
    { server: 'ours', color: OURS },
    { server: 'reference', color: REFERENCE },
  ];
  return svg({
    title: panels.map(({ title }, i) => ({
      text: title,
      left: `${8 + i * 50}%`,
      textStyle: { fontSize: 14 },
    })),
    legend: { bottom: 0, itemGap: 48 },
    grid: panels.map((_, i) => ({ left: `${8 + i * 50}%`, width: '38%', top: 40, bottom: 80 })),
    xAxis: panels.map((_, i) => ({ ...axis(i, 'connections'), type: 'log', logBase: 2, min: 1 })),
    yAxis: panels.map((_, i) => ({ ...axis(i, 'ms'), type: 'log', nameGap: 34 })),
    series: panels.flatMap(({ curve }, i) =>
      servers.flatMap(({ server, color }) =>
        QUANTILES.map((q) => ({
          type: 'line',
          name: `${server}, ${q}`,
          xAxisIndex: i,
          yAxisIndex: i,
          color,
          symbolSize: 5,
          lineStyle: { type: q === 'p50' ? 'solid' : 'dashed' },
          data: pointsOf(points, curve, server).map(({ x, values }) => [x, values[q]]),
        })),
      ),
    ),
  });
}

/** PostgreSQL's CPU per request against the rows of other users. */
export function growthPlot(points: readonly Point[]): string {
  const curves = [
    { curve: 'growth.idle-pull', name: 'pull, nothing new' },
    { curve: 'growth.small-pull', name: 'pull of 3 changed records' },
    { curve: 'growth.push', name: 'push of one workout' },
  ];
  return svg({
    title: { text: 'PostgreSQL’s CPU per request', left: '8%', textStyle: { fontSize: 14 } },
    legend: { bottom: 0, itemGap: 48 },
    grid: { left: '8%', right: '4%', top: 40, bottom: 80 },
    xAxis: { ...axis(0, 'rows of other users'), type: 'log', min: 10_000 },
    yAxis: { ...axis(0, 'µs'), type: 'value', min: 0, nameGap: 44 },
    series: curves.map(({ curve, name }, i) => ({
      type: 'line',
      name,
      color: COLORS[i],
      symbolSize: 5,
      data: pointsOf(points, curve, 'ours').map(({ x, values }) => [x, values.postgresUs]),
    })),
  });
}
