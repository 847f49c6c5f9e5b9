//! `look(name)`: a chain that has a name.

use crate::chain::{Link, check};
use crate::filter::{Alpha, Animation, ArgumentError, CostClass, Filter, Parameter, Step};
use crate::graph::{Graph, Pixel};
use crate::looks;
use crate::spelling;

/// The looks of `looks.json`.
pub(crate) const FILTER: Filter = Filter {
    name: "look",
    summary: "A ready-made look by its name; an amount below 100 mixes it with the image as it was",
    example: "look(noir)",
    cost: CostClass::Low,
    alpha: Alpha::Kept,
    animation: Animation::Frames,
    parameters: &[Parameter::text("name", 40), Parameter::number("amount", 0.0, 100.0).unit("%").or(100.0)],
    build: |arguments| {
        let name = arguments.text("name");
        let look = looks::find(name).ok_or_else(|| ArgumentError {
            suggestion: spelling::nearest(name, looks::all().iter().map(|look| look.name.as_str())),
            ..ArgumentError::new("name", format!("there is no look `{name}`"))
        })?;
        let chain = check(&look.chain).map_err(|mistake| ArgumentError::new("name", mistake.message))?;
        let amount = arguments.number("amount") / 100.0;
        if amount >= 1.0 {
            return Ok(Step::Chain(chain.into_links()));
        }
        mixed(chain.into_links(), amount)
    },
};

/// The links as one point filter, mixed with the image as it was.
fn mixed(links: Vec<Link>, amount: f64) -> Result<Step, ArgumentError> {
    let points = links
        .iter()
        .map(|link| match &link.step {
            Step::Point(point) => Ok(point.clone()),
            _ => Err(ArgumentError::new(
                "amount",
                format!("`{}` cannot be mixed by an amount", link.filter.name),
            )),
        })
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Step::point(move |graph, pixel| {
        let mut filtered = *pixel;
        for point in &points {
            let channels = point.lower(graph, &filtered);
            filtered.channels = channels.map(|channel| graph.unit(channel));
        }
        mix(graph, pixel, &filtered, amount)
    }))
}

fn mix(graph: &mut Graph, before: &Pixel, after: &Pixel, amount: f64) -> [fidget_core::context::Node; 4] {
    std::array::from_fn(|channel| {
        graph.affine(&[(before.channels[channel], 1.0 - amount), (after.channels[channel], amount)], 0.0)
    })
}
