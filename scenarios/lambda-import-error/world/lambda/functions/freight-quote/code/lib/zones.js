'use strict';

const ISLANDS = new Set(['IE', 'MT', 'CY', 'IS']);
const ALPINE = new Set(['CH', 'LI', 'AT']);

exports.zoneSurcharge = (lane) => {
  const zones = lane.split('-');
  if (zones.some((zone) => ISLANDS.has(zone))) return 38;
  return zones.some((zone) => ALPINE.has(zone)) ? 12.5 : 0;
};
