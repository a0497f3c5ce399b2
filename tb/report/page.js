'use strict';
(() => {
  // The folder that the page lies in, for commands to copy.
  if (location.protocol === 'file:') {
    const folder = decodeURIComponent(location.pathname).replace(/\/[^/]*$/, '');
    const quoted = /^[\w@%+=:,./-]+$/.test(folder) ? folder : `'${folder.replace(/'/g, `'\\''`)}'`;
    for (const dir of document.querySelectorAll('.dir')) dir.textContent = quoted;
  }
  // A link to a history opens it.
  const open = () => {
    const target = location.hash && document.getElementById(location.hash.slice(1));
    if (target && target.tagName === 'DETAILS') target.open = true;
  };
  addEventListener('hashchange', open);
  open();

  const table = document.getElementById('hops');
  if (!table) return;
  const names = ['at the pins', 'last write', 'answered', 'record', 'interrupt', 'ISR', 'DPC', 'frame complete',
                 'IRP done', 'delivered'];
  const column = [3, 5, 6, 7, 8, 9, 10, 11, 12, 13];  // of the table
  const frames = [...table.tBodies[0].rows].map(row => {
    const cells = [...row.cells].map(cell => cell.textContent.trim());
    const lost = row.cells.length < 14;
    return { number: +cells[0], irp: cells[1], cycle: cells[2], lost, why: cells[3],
             at: lost ? [] : column.map(i => cells[i] === '' ? null : +cells[i]) };
  });
  const rows = document.getElementById('rows'), panel = document.getElementById('frame');
  let axis = 'last', chosen = -1;

  // Each hop lasts from the latest one before it; one that was over earlier has no length.
  const hops = frame => {
    let from = 0;
    return frame.at.map((at, i) => {
      const to = at === null ? from : Math.max(at, from), hop = { name: names[i], at, from, to, color: `var(--h${i})` };
      from = to;
      return hop;
    });
  };
  const zero = frame => axis === 'first' ? 0 : frame.at[0];
  let most = 1;
  const percent = ns => (100 * Math.min(Math.max(ns, 0), most) / most).toFixed(2) + '%';
  const bar = frame => {
    const stops = hops(frame).map(h => `${h.color} ${percent(h.from - zero(frame))} ${percent(h.to - zero(frame))}`);
    const end = percent(Math.max(...frame.at) - zero(frame));
    return `linear-gradient(to right,${stops.join(',')},transparent ${end})`;
  };
  const draw = () => {
    most = Math.max(1, ...frames.filter(f => !f.lost).map(f => Math.max(...f.at) - zero(f)));
    frames.forEach((frame, i) => {
      if (!frame.lost) rows.children[i].lastChild.style.background = bar(frame);
    });
    const axis_line = document.getElementById('axis');
    axis_line.hidden = frames.every(frame => frame.lost);
    axis_line.replaceChildren(...[0, .25, .5, .75, 1].map(part => {
      const mark = document.createElement('span');
      mark.textContent = (most * part / 1000).toFixed(2) + (part === 1 ? ' us' : '');
      return mark;
    }));
  };
  const element = (name, text, parent, kind) => {
    const made = document.createElement(name);
    made.textContent = text;
    if (kind) made.className = kind;
    parent.append(made);
    return made;
  };
  const show = frame => {
    panel.replaceChildren();
    element('h3', `Frame ${frame.number}` + (frame.irp ? `, IRP ${frame.irp}` : ''), panel);
    element('p', `First pixel at bus cycle ${frame.cycle}.` + (frame.lost ? ` It is ${frame.why}.` : ''), panel);
    if (!frame.lost) {
      const list = element('table', '', panel), head = element('tr', '', element('thead', '', list));
      for (const [name, kind] of [['hop', 't'], ['ns', ''], ['at, us', ''], ['', 't']]) element('th', name, head, kind);
      const body = element('tbody', '', list), end = Math.max(1, ...frame.at);
      const from = frame.at[0], span = Math.max(1, end - from);
      for (const hop of hops(frame)) {
        const row = element('tr', '', body);
        element('td', hop.name, row, 't');
        element('td', hop.at === null ? 'not seen' : String(hop.to - hop.from), row);
        element('td', hop.at === null ? '' : (hop.at / 1000).toFixed(3), row);
        const mark = element('i', '', element('td', '', row, 't'));
        const part = ns => (100 * Math.max(0, ns - from) / span).toFixed(2) + '%';
        mark.style.background = hop.name === names[0] ? hop.color
          : `linear-gradient(to right,transparent ${part(hop.from)},${hop.color} ${part(hop.from)} ${part(hop.to)},transparent ${part(hop.to)})`;
      }
      element('p', `${end - from} ns from the last pixel to the application, ${end} ns from the first. Times are from ` +
              'the first pixel; the bars from the last.', panel, 'note');
    }
    const more = element('p', '', panel);
    const dir = document.querySelector('.dir');
    element('code', `pin2pin events ${dir ? dir.textContent : 'DIR'} --frame ${frame.number}`, more, 'command');
    if (frame.irp && document.getElementById('irp-' + frame.irp)) {
      const link = element('a', `History of IRP ${frame.irp}`, element('p', '', panel));
      link.href = '#irp-' + frame.irp;
    }
  };
  const choose = index => {
    index = Math.min(Math.max(index, 0), frames.length - 1);
    if (chosen >= 0) rows.children[chosen].setAttribute('aria-selected', 'false');
    chosen = index;
    const row = rows.children[index];
    row.setAttribute('aria-selected', 'true');
    rows.setAttribute('aria-activedescendant', row.id);
    const top = row.offsetTop - rows.offsetTop;
    if (top < rows.scrollTop) rows.scrollTop = top;
    if (top + row.offsetHeight > rows.scrollTop + rows.clientHeight)
      rows.scrollTop = top + row.offsetHeight - rows.clientHeight;
    show(frames[index]);
  };

  frames.forEach((frame, i) => {
    const row = element('div', '', rows);
    row.id = 'frame-' + frame.number;
    row.setAttribute('role', 'option');
    row.setAttribute('aria-selected', 'false');
    row.setAttribute('aria-label', `frame ${frame.number}, ` + (frame.lost ? frame.why
      : `${Math.max(...frame.at) - frame.at[0]} ns from its last pixel`));
    element('span', frame.number, row);
    element('i', frame.lost ? frame.why : '', row);
    row.addEventListener('click', () => choose(i));
  });
  names.forEach((name, i) => {
    const part = element('span', '', document.getElementById('legend'));
    element('span', '', part, 'key').style.background = `var(--h${i})`;
    part.append(name);
  });
  const steps = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1, PageDown: 20, PageUp: -20, Home: -Infinity, End: Infinity };
  rows.addEventListener('keydown', event => {
    if (!(event.key in steps) || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    choose(chosen + steps[event.key]);
  });
  for (const button of document.getElementsByName('axis')) {
    button.addEventListener('change', () => {
      axis = button.value;
      draw();
    });
  }
  document.getElementById('waterfall').hidden = false;
  draw();
  const by_hash = () => {
    const index = frames.findIndex(frame => '#frame-' + frame.number === location.hash);
    if (index >= 0) choose(index);
    return index >= 0;
  };
  addEventListener('hashchange', by_hash);
  if (!by_hash()) choose(0);
})();
