'use strict';

// How many frames the lanes and the sparklines show: two come a second.
const History = 120;
const byId = id => document.getElementById(id);
const Svg = 'http://www.w3.org/2000/svg';

// Text only ever goes in as text: names come from the application.
function make(tag, className, text, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined && text !== null) element.textContent = text;
  element.append(...children);
  return element;
}

function drawing(className, width, height, ...classes) {
  const svg = document.createElementNS(Svg, 'svg');
  svg.setAttribute('class', className);
  svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
  svg.setAttribute('preserveAspectRatio', 'none');
  const paths = classes.map(name => {
    const path = document.createElementNS(Svg, 'path');
    path.setAttribute('class', name);
    svg.append(path);
    return path;
  });
  return { svg, paths };
}

function set(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const precise = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 });

function amount(value) {
  return value >= 100000 ? short.format(value) : value < 10 && value % 1 !== 0 ? precise.format(value) : whole.format(value);
}

function duration(nanoseconds) {
  for (const [unit, size] of [['s', 1e9], ['ms', 1e6], ['µs', 1e3]]) {
    if (nanoseconds >= size) {
      const value = nanoseconds / size;
      return `${value >= 100 ? Math.round(value) : value.toPrecision(2)} ${unit}`;
    }
  }

  return `${Math.round(nanoseconds)} ns`;
}

// A line of the last values, the newest at the right edge.
function spark(paths, values) {
  const top = Math.max(...values, 1);
  const at = values.map((v, i) => `${History - values.length + i},${(19 - 17 * v / top).toFixed(2)}`);
  const line = at.length < 2 ? '' : `M${at.join('L')}`;
  paths[1].setAttribute('d', line);
  paths[0].setAttribute('d', line && `${line}L${History - 1},20L${History - values.length},20Z`);
}

class Gauge {
  constructor(label, title) {
    this.value = make('dd', '', '–');
    const { svg, paths } = drawing('', History - 1, 20, 'spark-fill', 'spark');
    this.paths = paths;
    svg.setAttribute('aria-hidden', 'true');
    this.box = make('div', '', null, make('dt', '', label), this.value, svg);
    this.box.title = title;
    this.values = [];
    byId('gauges').append(this.box);
  }

  show(value, isAlarm) {
    set(this.value, value === null ? '–' : amount(value));
    this.box.classList.toggle('alarm', Boolean(isAlarm));
    this.values.push(value ?? 0);
    if (this.values.length > History) this.values.shift();
    spark(this.paths, this.values);
  }
}

// What the counters of a loop are called, in the details of its row.
const Counters = [
  ['completions', 'completions'], ['enters', 'enters'], ['submissions', 'submissions'], ['turns', 'turns'], ['parks', 'parks'], ['wakes', 'wakes by others'], ['handOffs', 'hand-offs'],
  ['orphans', 'orphans'], ['unhandledExceptions', 'exceptions', true], ['blockingWaits', 'blocking waits', true], ['bufferStarvations', 'buffer starvations', true], ['overflows', 'overflows', true],
  ['acceptBackoffs', 'accept backoffs', true], ['transientErrors', 'transient errors'], ['connectionFaults', 'connection faults'], ['callWaits', 'waits for a worker'], ['late', 'late completions', true],
];

class Loop {
  constructor(about, body, number) {
    const details = `about-${number}`;
    this.button = make('button', 'name', about.name);
    this.button.type = 'button';
    this.button.setAttribute('aria-expanded', 'false');
    this.button.setAttribute('aria-controls', details);
    this.button.addEventListener('click', () => this.toggle());
    const { svg, paths } = drawing('lane', History, 1, 'polling', 'busy', 'stall');
    svg.setAttribute('role', 'img');
    this.lane = svg;
    this.paths = paths;
    this.history = [];
    this.cells = ['busy', 'completions/s', 'enters/s', 'in flight', 'waiting', 'inbox', 'workers'].map(label => {
      const cell = make('td', 'num', '–');
      cell.dataset.label = label;
      return cell;
    });
    body.append(make('tr', 'loop', null, make('td', '', null, this.button), make('td', 'lane-cell', null, svg), ...this.cells));

    this.counters = Counters.map(([key, label, isTrouble]) => {
      const value = make('dd', '', '–');
      return { key, isTrouble, value, box: make('div', '', null, make('dt', '', label), value) };
    });
    const cell = make('td', '', null, make('div', 'about-body', null, make('dl', 'counters', null, ...this.counters.map(c => c.box)), make('pre', '', about.report)));
    cell.colSpan = 9;
    this.details = make('tr', 'about', null, cell);
    this.details.id = details;
    this.details.hidden = true;
    body.append(this.details);
  }

  toggle() {
    this.details.hidden = !this.details.hidden;
    this.button.setAttribute('aria-expanded', String(!this.details.hidden));
  }

  show(frame, seconds) {
    const now = frame.counters;
    const last = this.last ?? now;
    const rate = key => seconds > 0 ? (now[key] - last[key]) / seconds : 0;
    const stalled = (now.stalls ?? 0) > (last.stalls ?? 0);
    this.last = now;
    this.history.push([frame.busy, frame.polling, stalled]);
    if (this.history.length > History) this.history.shift();
    this.draw();
    this.lane.setAttribute('aria-label', `${Math.round(frame.busy * 100)} % busy, ${Math.round(frame.polling * 100)} % polling, ${Math.round(frame.parked * 100)} % parked`);

    const completions = rate('completions');
    const enters = rate('enters');
    const queue = now.queuedCalls ? [`${now.workers}`, ` + ${now.queuedCalls} waiting`] : [`${now.workers}`];
    [`${Math.round(frame.busy * 100)} %`, amount(completions), amount(enters), amount(now.inFlight), amount(now.backlog), amount(now.inboxDepth), queue.join('')].forEach((text, i) => {
      set(this.cells[i], text);
      this.cells[i].classList.toggle('zero', text === '0' || text === '0 %');
    });
    for (const { key, isTrouble, value } of this.counters) {
      set(value, amount(now[key] ?? 0));
      value.classList.toggle('warn', Boolean(isTrouble && now[key]));
      value.classList.toggle('zero', !now[key]);
    }

    return { completions, enters };
  }

  // One column a frame: busy from the bottom, polling upon it; what is left of the track was sleep.
  draw() {
    const column = (x, from, to) => to > from ? `M${x},${(1 - from).toFixed(3)}v${(from - to).toFixed(3)}h1.02v${(to - from).toFixed(3)}z` : '';
    const first = History - this.history.length;
    this.paths[0].setAttribute('d', this.history.map(([busy, polling], i) => column(first + i, busy, busy + polling)).join(''));
    this.paths[1].setAttribute('d', this.history.map(([busy], i) => column(first + i, 0, busy)).join(''));
    this.paths[2].setAttribute('d', this.history.map(([, , stalled], i) => stalled ? column(first + i, .8, 1) : '').join(''));
  }
}

// Where the decades of time are among the octaves of a histogram, which begin below 128 ns.
const Ticks = [[4, '1 µs'], [14, '1 ms'], [24, '1 s']];

class Phase {
  constructor(label) {
    const { svg, paths } = drawing('bars', 28, 24, 'tick', 'bar');
    svg.setAttribute('aria-hidden', 'true');
    paths[0].setAttribute('d', Ticks.map(([octave]) => `M${octave},0v24`).join(''));
    this.bars = paths[1];
    this.p50 = make('span', '', '');
    this.p99 = make('span', '', '');
    const row = (name, value) => make('div', '', null, make('span', 'of', name), value);
    this.marks = make('div', 'marks', null, row('p50', this.p50), row('p99', this.p99));
    this.cell = make('td', 'phase', null, make('div', 'phase-body', null, svg, this.marks));
    this.cell.dataset.label = label;
  }

  show(histogram) {
    const top = Math.max(...histogram.octaves, 1);
    this.bars.setAttribute('d', histogram.octaves.map((n, i) => n === 0 ? '' : `M${i + .12},24v-${Math.max(1.2, 23 * Math.sqrt(n / top)).toFixed(1)}h.76V24z`).join(''));
    set(this.p50, histogram.count ? duration(histogram.p50) : '–');
    set(this.p99, histogram.count ? duration(histogram.p99) : '–');
    this.cell.title = histogram.count ? `${amount(histogram.count)} in the last 10 s, mean ${duration(histogram.mean)}; a bar is a power of two, from 128 ns to 17 s; heights are by the square root` : '';
  }
}

class Kind {
  constructor(latency) {
    this.count = make('td', 'num', '–');
    this.count.dataset.label = 'in 10 s';
    this.phases = [new Phase('queued'), new Phase('in the kernel'), new Phase('in its callback')];
    const name = make('td', 'call', latency.call);
    if (latency.isWorkerCall) name.append(make('small', '', 'worker'));
    this.row = make('tr', '', null, name, this.count, ...this.phases.map(p => p.cell));
  }

  show(latency) {
    set(this.count, amount(Math.max(latency.inKernel.count, latency.inCallback.count))); // Of a request with many completions, those.
    [latency.queued, latency.inKernel, latency.inCallback].forEach((histogram, i) => this.phases[i].show(histogram));
  }
}

// The heading of a histogram: what it is of, and its axis.
function axis(label, title) {
  const marks = Ticks.map(([octave, text]) => {
    const mark = make('span', '', text);
    mark.style.left = `${100 * octave / 28}%`;
    return mark;
  });
  const axis = make('div', 'axis', null, ...marks);
  axis.setAttribute('aria-hidden', 'true');
  const cell = make('th', 'phase', null, make('div', '', label), make('div', 'phase-body', null, axis, make('span')));
  cell.scope = 'col';
  cell.title = title;
  return cell;
}

function head(...labels) {
  return make('thead', '', null, make('tr', '', null, ...labels.map(heading => {
    if (heading instanceof Element) return heading;
    const [label, className, title] = heading;
    const cell = make('th', className ?? '', label);
    cell.scope = 'col';
    if (title) cell.title = title;
    return cell;
  })));
}

class Dispatcher {
  constructor(about, number) {
    const body = make('tbody');
    this.loops = about.loops.map((loop, i) => new Loop(loop, body, `${number}-${i}`));
    const lanes = make('table', 'lanes', null, head(
      ['loop'], ['the last minute', 'lane-cell'], ['busy'], ['completions/s'], ['enters/s', '', 'system calls into the ring'], ['in flight', '', 'requests that the kernel has'],
      ['waiting', '', 'requests that wait for room in the ring'], ['inbox', '', 'messages from other threads'], ['workers', '', 'threads for calls that the ring cannot make']), body);
    this.kinds = new Map();
    this.kindRows = make('tbody');
    this.latency = make('table', 'latency', null, head(
      ['request'], ['in 10 s'], axis('queued', 'from being submitted to being given to the kernel'), axis('in the kernel', 'until its completion is seen'),
      axis('in its callback', 'your code on the loop, up to its next await')), this.kindRows);
    this.unmeasured = make('p', 'note', 'Not measured. ');
    this.unmeasured.append('Set ', make('code', '', 'MeasureLatency'), ' (in the configuration: ', make('code', '', 'Dispatch:MeasureLatency'), ') to see where each kind of request spends its time. It costs a request about 0.1 µs.');
    this.stalls = make('ol', 'stalls');
    this.noStalls = make('p', 'note', '');
    const section = make('section', 'dispatcher', null, make('h2', '', about.name), make('p', 'kernel', about.kernel), lanes,
      make('h3', '', 'Where requests spend their time'), this.latency, this.unmeasured, make('h3', '', 'Recent stalls'), this.stalls, this.noStalls);
    section.setAttribute('aria-label', `Dispatcher ${about.name}`);
    byId('dispatchers').append(section);
  }

  show(frame, seconds) {
    const sums = { completions: 0, enters: 0, queued: 0, stalls: 0 };
    frame.loops.forEach((loop, i) => {
      const { completions, enters } = this.loops[i].show(loop, seconds);
      sums.completions += completions;
      sums.enters += enters;
      sums.queued += loop.counters.queuedCalls;
      sums.stalls += loop.counters.stalls ?? 0;
    });
    this.unmeasured.hidden = frame.isMeasured;
    this.latency.hidden = !frame.isMeasured;
    this.showLatency(frame.latency);
    this.showStalls(frame);
    return sums;
  }

  showLatency(latency) {
    const present = new Set();
    for (const kind of latency) {
      const key = `${kind.call} ${kind.isWorkerCall}`;
      present.add(key);
      if (!this.kinds.has(key)) this.kinds.set(key, new Kind(kind));
      this.kinds.get(key).show(kind);
    }

    const rows = [...this.kinds].filter(([key]) => present.has(key)).sort(([a], [b]) => a < b ? -1 : 1).map(([, kind]) => kind.row);
    if (rows.length !== this.kindRows.children.length || rows.some((row, i) => row !== this.kindRows.children[i])) this.kindRows.replaceChildren(...rows);
  }

  showStalls(frame) {
    const stalls = frame.stalls ?? [];
    this.noStalls.hidden = stalls.length !== 0;
    set(this.noStalls, frame.isWatched ? 'None.' : 'Nobody looks for them: set StallThreshold (in the configuration: Dispatch:StallThreshold).');
    const key = JSON.stringify(stalls);
    if (key === this.stallKey) return;
    this.stallKey = key;
    this.stalls.replaceChildren(...stalls.map(stall => {
      const when = make('time', '', new Date(stall.began).toLocaleTimeString());
      when.dateTime = stall.began;
      const item = make('li', '', null, when, make('span', 'loop', stall.loop), make('span', 'for', `${duration(stall.milliseconds * 1e6)}${stall.hasEnded ? '' : ' …'}`),
        make('span', 'by', `${stall.callback ?? 'code'} (${stall.kind})`));
      if (stall.details) item.append(make('details', '', null, make('summary', '', 'where'), make('pre', '', stall.details)));
      return item;
    }));
  }
}

const gauges = {};
let dispatchers = [];
let last = null;
let isPaused = false;

function begin(about) {
  document.title = `Dispatch · ${about.application}`;
  set(byId('who'), `${about.application}, process ${about.process} on ${about.machine}; ${about.system}`);
  byId('gauges').replaceChildren();
  byId('dispatchers').replaceChildren();
  gauges.completions = new Gauge('completions/s', 'Completions delivered on the thread that owns the request');
  gauges.enters = new Gauge('enters/s', 'System calls into the rings');
  gauges.batch = new Gauge('per enter', 'Completions an enter: how much one system call carries');
  gauges.requests = new Gauge('requests/s', 'HTTP requests');
  gauges.inFlight = new Gauge('requests in flight', 'HTTP requests that have begun and not ended, without this page\'s');
  gauges.connections = new Gauge('connections', 'Kestrel\'s connections');
  gauges.queued = new Gauge('worker queue', 'System calls that wait for a worker thread');
  gauges.stalls = new Gauge('stalls', 'Turns that took longer than the threshold, since the start');
  dispatchers = about.dispatchers.map((dispatcher, i) => new Dispatcher(dispatcher, i));
  byId('empty').hidden = dispatchers.length !== 0;
  byId('page').hidden = false;
  last = null;
}

function show(frame) {
  const seconds = last ? (frame.at - last.at) / 1000 : 0;
  const sums = { completions: 0, enters: 0, queued: 0, stalls: 0 };
  frame.dispatchers.forEach((dispatcher, i) => {
    const own = dispatchers[i].show(dispatcher, seconds);
    for (const key of Object.keys(sums)) sums[key] += own[key];
  });
  if (last) {
    gauges.completions.show(sums.completions);
    gauges.enters.show(sums.enters);
    gauges.batch.show(sums.enters > 0 ? sums.completions / sums.enters : 0);
    gauges.requests.show(frame.requests ? (frame.requests.begun - last.requests.begun) / seconds : null);
    gauges.inFlight.show(frame.requests ? frame.requests.inFlight : null);
    gauges.connections.show(frame.connections);
    gauges.queued.show(sums.queued, sums.queued > 0);
    gauges.stalls.show(frame.dispatchers.some(d => d.isWatched) ? sums.stalls : null, sums.stalls > 0);
  }

  last = frame;
}

function state(name, text) {
  byId('link').dataset.state = name;
  set(byId('link-text'), text);
}

function pause() {
  isPaused = !isPaused;
  byId('pause').setAttribute('aria-pressed', String(isPaused));
  state(isPaused ? 'paused' : 'live', isPaused ? 'paused' : 'live');
}

// A reload of the process begins anew with its own "about"; the browser connects again by itself.
const events = new EventSource(`${location.pathname.replace(/\/+$/, '')}/events`);
events.addEventListener('about', e => begin(JSON.parse(e.data)));
events.addEventListener('frame', e => {
  if (!isPaused) {
    show(JSON.parse(e.data));
    state('live', 'live');
  }
});
events.addEventListener('error', () => state('lost', events.readyState === EventSource.CLOSED ? 'refused; reload the page to try again' : 'no connection; trying again'));

byId('pause').addEventListener('click', pause);
document.addEventListener('keydown', e => {
  if (e.ctrlKey || e.metaKey || e.altKey) return;
  const names = [...document.querySelectorAll('.name')];
  const at = names.indexOf(document.activeElement);
  if (e.key === 'p') pause();
  else if ((e.key === 'j' || e.key === 'k') && names.length) names[e.key === 'j' ? Math.min(at + 1, names.length - 1) : Math.max(at - 1, 0)].focus();
});
