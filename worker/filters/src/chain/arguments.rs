//! From what is written between a filter's parentheses to checked arguments.

use super::parser::{Word, Written, unknown_parameter};
use super::{Link, Mistake, values};
use crate::filter::{ArgumentError, Arguments, Default, Filter, Parameter, Value};
use crate::limits::ChainLimits;

/// The link of a filter with its arguments; `name` is the filter's name in the chain.
pub(super) fn link(
    filter: &'static Filter,
    name: &Word,
    written: &[Written],
    limits: &ChainLimits,
) -> Result<Link, Mistake> {
    let slots = assign(filter, written)?;
    let mut values = Vec::with_capacity(slots.len());
    for (parameter, slot) in filter.parameters.iter().zip(&slots) {
        let value = match slot {
            Some(word) => Some(values::read(parameter, word)?),
            None => absent(filter, parameter, name)?,
        };
        values.push((parameter.name, value));
    }
    let arguments = Arguments::new(values.clone(), *limits);
    let built = (filter.build)(&arguments).map_err(|error| placed(filter, name, &slots, error))?;
    let canonical = match built.spelling() {
        Some(spelling) => format!("{}({spelling})", filter.name),
        None => canonical(filter, &values),
    };
    Ok(Link { filter, canonical, step: built })
}

/// Which argument belongs to which parameter.
fn assign<'a>(filter: &Filter, written: &'a [Written]) -> Result<Vec<Option<&'a Word>>, Mistake> {
    let mut slots: Vec<Option<&Word>> = vec![None; filter.parameters.len()];
    let mut named = false;
    for (position, argument) in written.iter().enumerate() {
        let index = match &argument.name {
            Some(name) => {
                named = true;
                filter
                    .parameters
                    .iter()
                    .position(|parameter| parameter.name == name.text)
                    .ok_or_else(|| unknown_parameter(filter, name))?
            }
            None if named => {
                let message = "arguments without a name stand before those with one";
                return Err(argument.value.mistake(message));
            }
            None => position,
        };
        let place = argument.name.as_ref().unwrap_or(&argument.value);
        match slots.get_mut(index) {
            None => return Err(argument.value.mistake(too_many(filter))),
            Some(Some(_)) => {
                return Err(place.mistake(format!("`{}` is given twice", filter.parameters[index].name)));
            }
            Some(slot) => *slot = Some(&argument.value),
        }
    }
    Ok(slots)
}

fn too_many(filter: &Filter) -> String {
    match filter.parameters.len() {
        0 => format!("`{}` takes no arguments", filter.name),
        1 => format!("`{}` takes one argument", filter.name),
        count => format!("`{}` takes {count} arguments", filter.name),
    }
}

fn absent(filter: &Filter, parameter: &Parameter, name: &Word) -> Result<Option<Value>, Mistake> {
    match parameter.default {
        Default::Absent => Ok(None),
        Default::Number(number) => Ok(Some(Value::Number(number))),
        Default::Word(word) => {
            let word = Word { text: word.to_owned(), ..name.clone() };
            values::read(parameter, &word).map(Some)
        }
        Default::Required => Err(Mistake {
            suggestion: Some(filter.example.to_owned()),
            ..name.mistake(format!("`{}` needs `{}`", filter.name, parameter.name))
        }),
    }
}

/// Puts what a filter says of its arguments to the argument's place in the chain.
fn placed(filter: &Filter, name: &Word, slots: &[Option<&Word>], error: ArgumentError) -> Mistake {
    let index = filter.parameters.iter().position(|parameter| parameter.name == error.parameter);
    let word = index.and_then(|index| slots[index]).unwrap_or(name);
    let (offset, length) = match error.within {
        Some((offset, length)) => (word.offset + offset, length),
        None => (word.offset, word.length),
    };
    Mistake { message: error.message, offset, length, suggestion: error.suggestion, passed: error.passed }
}

fn canonical(filter: &Filter, values: &[(&'static str, Option<Value>)]) -> String {
    let given: Vec<String> = values
        .iter()
        .filter_map(|(name, value)| Some(format!("{name}={}", values::canonical(value.as_ref()?))))
        .collect();
    if given.is_empty() { filter.name.to_owned() } else { format!("{}({})", filter.name, given.join(",")) }
}
