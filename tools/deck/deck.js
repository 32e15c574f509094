/* Packs the cells into pages of 1280 x 720 on which nothing is cut off, and hands them to reveal.js.

A block is a paragraph, a list item, a piece of code, an output or a figure. A page takes blocks
while they fit; a figure takes what room the others leave, once its letters can be read. The keys
+ and - change the size of the text, and the pages are packed anew. */
'use strict';

const WIDTH = 1220, ROOM = 720 - 20 - 38, GAP = 12, BESIDE = 380;
const CODE_LINES = 12;
const CODE = {largest: 22, smallest: 20, letter: 0.603};
const GROWN = [1.3, 1.25, 1.2, 1.15, 1.1, 1.05, 1];  // text that has a page to itself
const SIZES = [0.8, 0.9, 1, 1.15, 1.3, 1.5];
const WRAPPERS = ['cell', 'input', 'inner_cell', 'input_area', 'text_cell_render', 'output_wrapper',
  'output', 'output_area', 'output_html', 'output_text', 'output_png', 'output_jpeg', 'output_svg',
  'output_markdown', 'output_latex'].map(name => `div.${name}`).join();

const root = document.querySelector('.reveal');
const source = document.getElementById('source');
const PRINTED = new URLSearchParams(location.search).get('view') === 'print';
const LEGIBLE = Number(source.dataset.legible);  // share of a picture's own size that can be read

/* The blocks */

function leaves(node) {
  if (node.matches('ul, ol')) {
    return [...node.children].map((item, k) => {
      const list = node.cloneNode(false);
      if (node.matches('ol')) list.start = node.start + k;
      list.append(item);
      return list;
    });
  }
  const plain = [...node.childNodes].some(n => n.nodeType === Node.TEXT_NODE && n.data.trim());
  return node.matches(WRAPPERS) && !plain ? [...node.children].flatMap(leaves) : [node];
}

function blocksOf(cell) {
  const outputs = cell.querySelector('.output_wrapper');
  const shown = outputs ? leaves(outputs) : [];
  if (outputs) outputs.remove();
  const told = leaves(cell).filter(node => node.textContent.trim() || node.querySelector('img, svg'));
  const found = [...told, ...shown].map(node => ({node, title: cell.dataset.title}));
  if (told.length && 'waits' in cell.dataset) found[0].waits = true;
  if (shown.length) found[told.length].waits = true;
  if (found.length) found[0].begins = cell.dataset.begins;
  return found;
}

function keepsWithNext(block, next) {
  const text = block.node.textContent.trim();
  return block.node.matches('h3, h4') || (block.code && next.node.matches('pre'))
    || (block.node.matches('p, ul, ol') && /[:,]$/.test(text))
    || (!next.waits && next.node.matches('.equation') && !block.node.matches('.equation'))
    || (!next.waits && block.node.matches('.equation') && /^[a-z.,;]/.test(next.node.textContent.trim()));
}

const blocks = [], notes = new Map();
for (const cell of [...source.children]) {
  if ('spoken' in cell.dataset) {
    const last = blocks.at(-1);
    notes.set(last, (notes.get(last) || '') + cell.innerHTML);
  } else {
    blocks.push(...blocksOf(cell));
  }
}
source.replaceChildren();
blocks.forEach((block, k) => {
  block.node.classList.add('block');
  const next = blocks[k + 1];
  block.code = block.node.matches('.highlight');
  block.kept = Boolean(next && !next.begins && keepsWithNext(block, next));
  block.lines = block.code ? block.node.textContent.trimEnd().split('\n').length : 0;
  block.image = block.node.querySelector('img');
  block.figure = block.node.matches('figure');
  block.head = block.node.matches('h1, h2');
});

/* How large they are */

function setSize(block, size, grown = 1) {
  block.node.style.setProperty('--size', size * grown);
  const pre = block.node.matches('pre') ? block.node : block.node.querySelector('pre');
  if (!pre) return;
  const longest = Math.max(...pre.textContent.split('\n').map(line => line.length));
  const fitting = (WIDTH - 16) / (CODE.letter * longest);
  const wanted = Math.min(CODE.largest * size * grown, fitting);
  pre.style.fontSize = `${Math.max(CODE.smallest * size, wanted)}px`;
}

function measure(size) {
  root.style.setProperty('--size', size);
  source.style.setProperty('--size', size);
  for (const block of blocks) {
    block.node.classList.remove('fragment', 'visible', 'current-fragment');
    delete block.node.dataset.fragmentIndex;
    if (block.figure) block.node.classList.remove('beside');
    if (block.figure) block.node.lastElementChild.style.width = `${WIDTH}px`;
    setSize(block, size);
  }
  source.replaceChildren(...blocks.map(block => block.node));
  for (const block of blocks) block.height = block.node.offsetHeight;
  const figures = blocks.filter(block => block.figure);
  for (const block of figures) block.below = block.node.lastElementChild.offsetHeight + 8;
  for (const block of figures) block.node.lastElementChild.style.width = `${BESIDE}px`;
  for (const block of figures) block.beside = block.node.lastElementChild.offsetHeight;
  for (const block of figures) {
    const {naturalWidth, naturalHeight} = block.image;
    block.own = naturalWidth;
    block.ratio = naturalHeight / naturalWidth;
    const legible = LEGIBLE * naturalHeight;
    block.height = legible + block.below;
    if (LEGIBLE * naturalWidth < WIDTH - BESIDE - 24)
      block.height = Math.min(block.height, Math.max(legible, block.beside));
  }
}

/* A figure as wide as the room allows, with its caption below or beside it. */
function fitFigure(block, room) {
  const below = Math.min(WIDTH, (room - block.below) / block.ratio);
  const beside = Math.min(WIDTH - BESIDE - 24, block.beside <= room ? room / block.ratio : 0);
  const width = Math.floor(Math.max(below, beside));
  block.node.classList.toggle('beside', beside > below);
  block.image.style.width = `${width}px`;
  block.image.style.height = `${Math.floor(width * block.ratio)}px`;
  block.node.lastElementChild.style.width = `${beside > below ? WIDTH - width - 24 : WIDTH}px`;
}

/* The pages */

function header(block, first) {
  const made = document.createElement('header');
  if (first) made.append(block.node);
  else made.innerHTML = block.title;
  made.className = first ? 'first' : 'again';
  source.replaceChildren(made);
  made.height = made.offsetHeight + 14;
  return made;
}

function pack() {
  const pages = [];
  let page = null;
  const open = (block, column) => {
    page = {header: header(block, block.head), blocks: [], lines: 0, column};
    page.left = ROOM - page.header.height;
    page.room = page.left;
    page.firstBlock = block;
    pages.push(page);
  };
  const fits = group => {
    const height = group.reduce((sum, block) => sum + block.height + GAP, 0);
    const lines = group.reduce((sum, block) => sum + block.lines, page.lines);
    return height - (page.blocks.length ? 0 : GAP) <= page.left && (lines <= CODE_LINES || !page.blocks.length);
  };
  const put = block => {
    page.left -= block.height + (page.blocks.length ? GAP : 0);
    page.lines += block.lines;
    page.blocks.push(block);
    if (notes.has(block)) page.notes = (page.notes || '') + notes.get(block);
  };
  for (let k = 0; k < blocks.length; k += 1) {
    const block = blocks[k];
    if (block.begins || !page || block.head) open(block, block.begins === 'slide' || !pages.length);
    if (block.head) {
      if (notes.has(block)) page.notes = notes.get(block);
      continue;
    }
    const group = [block];
    while (group.at(-1).kept && !blocks[k + group.length].head) group.push(blocks[k + group.length]);
    if (!fits(group) && page.blocks.length) open(block, false);
    for (const one of group) {
      if (!fits([one]) && page.blocks.length) open(one, false);
      put(one);
    }
    k += group.length - 1;
  }
  return pages;
}

function build(pages) {
  const columns = [];
  let spoken = '';  // of the section: the speaker's window shows it on every page, paper once
  for (const page of pages) {
    if (page.column) {
      columns.push(document.createElement('section'));
      spoken = PRINTED ? '' : page.notes || '';
    } else if (spoken) {
      page.notes = (page.notes || '') + spoken;
    }
    const section = document.createElement('section');
    section.className = 'page';
    const body = document.createElement('div');
    body.className = 'body';
    const figures = page.blocks.filter(block => block.figure);
    const wanted = figures.reduce((sum, block) => sum + block.height, 0);
    for (const block of figures) fitFigure(block, block.height + page.left * block.height / wanted);
    let step = 0;
    page.blocks.forEach((block, k) => {
      if (block.waits && k) step += 1;
      if (step) {
        block.node.classList.add('fragment');
        block.node.dataset.fragmentIndex = step - 1;
      }
      body.append(block.node);
    });
    section.append(page.header, body);
    if (!figures.length) {
      source.replaceChildren(body);
      for (const grown of GROWN) {
        page.blocks.forEach(block => setSize(block, size, grown));
        if (body.offsetHeight <= page.room) break;
      }
      section.append(body);
    }
    if (page.notes) {
      const aside = document.createElement('aside');
      aside.className = 'notes';
      aside.innerHTML = page.notes;
      section.append(aside);
    }
    columns.at(-1).append(section);
    page.section = section;
  }
  root.querySelector('.slides').replaceChildren(...columns);
}

/* The size, which the speaker's window shares through the storage. */

let size = 1, pages = [];

function stored() {
  try { return Number(localStorage.getItem('slides-size')) || 1; } catch { return 1; }
}

function lay() {
  const now = pages.find(page => page.section === Reveal.getCurrentSlide?.());
  measure(size);
  pages = pack();
  build(pages);
  if (!Reveal.isReady?.()) return;
  Reveal.sync();
  const mark = now && (now.blocks[0] || now.firstBlock);
  const there = pages.find(page => page.blocks.includes(mark) || page.firstBlock === mark) || pages[0];
  const {h, v} = Reveal.getIndices(there.section);
  Reveal.slide(h, v);
}

function resize(step) {
  const place = SIZES.indexOf(size) + step;
  size = step ? SIZES[Math.max(0, Math.min(SIZES.length - 1, place))] : 1;
  try { localStorage.setItem('slides-size', size); } catch { /* then it lasts as long as the page */ }
  lay();
}

addEventListener('storage', event => {
  if (event.key === 'slides-size' && stored() !== size) { size = stored(); lay(); }
});

async function start() {
  size = SIZES.includes(stored()) ? stored() : 1;
  await Promise.all(blocks.filter(block => block.image).map(block => block.image.decode()));
  await document.fonts.ready;
  lay();
  await Reveal.initialize({
    width: 1280, height: 720, margin: 0, minScale: 0.05, maxScale: 10, center: false, hash: true,
    transition: 'none', backgroundTransition: 'none', navigationMode: 'linear', slideNumber: 'c/t',
    plugins: [RevealNotes], pdfSeparateFragments: false,
  });
  const keys = {larger: [187, 107, 61, 171], smaller: [189, 109, 173]};
  for (const [k, keyCode] of keys.larger.entries())
    Reveal.addKeyBinding(k ? keyCode : {keyCode, key: '+', description: 'Larger text'}, () => resize(1));
  for (const [k, keyCode] of keys.smaller.entries())
    Reveal.addKeyBinding(k ? keyCode : {keyCode, key: '-', description: 'Smaller text'}, () => resize(-1));
}
start();
