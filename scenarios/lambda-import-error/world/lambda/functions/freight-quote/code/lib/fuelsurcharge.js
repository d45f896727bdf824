'use strict';

const INDEX = Number(process.env.FUEL_INDEX || '14.2');

exports.fuelSurcharge = (net) => (net * INDEX) / 100;
