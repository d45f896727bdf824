'use strict';

const FUEL = 0.135;
const ISLANDS = new Set(['IE', 'MT', 'CY', 'IS']);

exports.surcharge = (net, lane) => {
  const [from, to] = lane.split('-');
  return net * FUEL + (ISLANDS.has(from) || ISLANDS.has(to) ? 38 : 0);
};
