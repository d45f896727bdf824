//! A world in the making: files by path, filled with what calls were answered. Of every thing there is one, whoever told of it.
//!
//! Paths are relative to the scenario's folder. The shapes are those of `docs/worlds.md`.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value};

use crate::shape::{Part, Shape};

/// Files in the making.
#[derive(Debug, Default)]
pub(crate) struct World {
    /// Files that are JSON.
    pub(crate) json: BTreeMap<String, Value>,
    /// Files that are text.
    pub(crate) texts: BTreeMap<String, String>,
    /// All others.
    pub(crate) others: BTreeMap<String, Vec<u8>>,
    shapes: HashMap<String, Option<Shape>>,
    /// Where in a list a thing stands: file, list, identity.
    places: HashMap<(String, String, String), usize>,
}

/// A list of a file, and what tells its items apart.
#[derive(Debug, Clone, Copy)]
pub(crate) struct List<'a> {
    /// `world/ecs/services.json`.
    pub(crate) path: &'a str,
    /// `services`; in a file by ARN, the ARN.
    pub(crate) name: &'a str,
    /// JSON pointers to what names an item; none: the whole item does.
    pub(crate) identity: &'a [&'a str],
}

impl World {
    /// Adds the items of an answer. One that is there already gets the members that it lacks.
    pub(crate) fn add(&mut self, list: List<'_>, parts: &[Part<'_>]) {
        let Some(shape) = self.shape(list.path) else { return };
        for item in shape.items(list.name, parts) {
            self.put(list, item);
        }
    }

    /// Adds an item that has its shape.
    pub(crate) fn put(&mut self, list: List<'_>, item: Value) {
        let parts: Vec<&Value> = list.identity.iter().filter_map(|pointer| item.pointer(pointer)).collect();
        let identity =
            if parts.is_empty() { item.to_string() } else { Value::from_iter(parts.into_iter().cloned()).to_string() };
        let place = (list.path.to_owned(), list.name.to_owned(), identity);
        let Value::Array(items) = self.list(list.path, list.name) else { return };
        let end = items.len();
        let index = *self.places.entry(place).or_insert(end);
        let Value::Array(items) = self.list(list.path, list.name) else { return };
        match items.get_mut(index) {
            Some(known) => complete(known, item),
            None => items.push(item),
        }
    }

    /// A file that is one small object: what is there already stays.
    pub(crate) fn set(&mut self, path: &str, part: Part<'_>) {
        let fitted = self.shape(path).and_then(|shape| shape.whole(part));
        if let Some(Value::Object(members)) =
            fitted.filter(|fitted| fitted.as_object().is_some_and(|it| !it.is_empty()))
        {
            complete(self.json.entry(path.to_owned()).or_insert_with(empty), Value::Object(members));
        }
    }

    /// The items of a list; none, if there is no such file.
    pub(crate) fn items(&self, path: &str, list: &str) -> &[Value] {
        let items = self.json.get(path).and_then(|file| file.get(list)).and_then(Value::as_array);
        items.map(Vec::as_slice).unwrap_or_default()
    }

    /// The texts that a pointer leads to in the items of a list.
    pub(crate) fn texts<'w>(&'w self, path: &str, list: &str, pointer: &'w str) -> impl Iterator<Item = &'w str> {
        self.items(path, list).iter().filter_map(move |item| item.pointer(pointer)?.as_str())
    }

    /// A list of a file, made where it is missing.
    fn list(&mut self, path: &str, name: &str) -> &mut Value {
        let file = self.json.entry(path.to_owned()).or_insert_with(empty);
        if !file.is_object() {
            *file = empty();
        }
        match file {
            Value::Object(members) => members.entry(name).or_insert_with(|| Value::Array(Vec::new())),
            other => other,
        }
    }

    fn shape(&mut self, path: &str) -> Option<Shape> {
        let name = schema(path)?;
        self.shapes.entry(name.clone()).or_insert_with(|| Shape::named(&name)).clone()
    }
}

/// `world/lambda/functions/NAME/versions.json` has the schema `lambda-versions.json`.
fn schema(path: &str) -> Option<String> {
    let (service, rest) = path.strip_prefix("world/")?.split_once('/')?;
    Some(format!("{service}-{}", rest.rsplit('/').next()?))
}

fn empty() -> Value {
    Value::Object(Map::new())
}

/// Members that are not there yet.
fn complete(known: &mut Value, more: Value) {
    if let (Value::Object(known), Value::Object(more)) = (known, more) {
        for (name, value) in more {
            known.entry(name).or_insert(value);
        }
    }
}
