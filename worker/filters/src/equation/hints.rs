//! What is wrong with an equation, and what was probably meant.

use super::lexer::{Placed, Token};
use super::parser::{CONSTANTS, INPUTS, Parser};
use super::{EquationError, functions};
use crate::spelling;

impl Parser<'_> {
    pub(super) fn error(&self, place: &Placed, message: impl Into<String>) -> EquationError {
        EquationError {
            message: message.into(),
            offset: place.offset,
            length: place.length,
            suggestion: None,
            passed: None,
        }
    }

    pub(super) fn error_here(&self, message: impl Into<String>) -> EquationError {
        self.error(&self.tokens[self.at], message)
    }

    fn error_at_end(&self, message: impl Into<String>) -> EquationError {
        self.error(&self.tokens[self.tokens.len() - 1], message)
    }

    /// What is wrong where no channel is set.
    pub(super) fn no_channel(&self) -> EquationError {
        let small = self.names.iter().map(|name| name.to_lowercase());
        let meant = small.into_iter().find(|name| ["r", "g", "b", "a"].contains(&name.as_str()));
        EquationError {
            suggestion: meant,
            ..self.error_at_end("an equation sets at least one of r, g, b and a, as in `r = 1 - r`")
        }
    }

    /// What is wrong where a name to set was expected.
    pub(super) fn nothing_to_set(&self, place: &Placed) -> EquationError {
        // `r = 0,5`: this is the 5, and the comma and the 0 stand before it.
        if let [.., Placed { token: Token::Number(whole), offset, .. }, comma, _] = &self.tokens[..self.at]
            && let Token::Number(rest) = place.token
            && comma.token == Token::Comma
        {
            return EquationError {
                message: "the decimal sign is a point; a comma begins the next equation".to_owned(),
                offset: *offset,
                length: place.offset + place.length - offset,
                suggestion: Some(format!("{whole}.{rest:0>digits$}", digits = place.length)),
                passed: None,
            };
        }
        self.error(place, "expected a name to set, as in `r = 1 - r`")
    }

    /// What is wrong where `=` was expected after a name.
    pub(super) fn nothing_set(&self, name: &str) -> EquationError {
        let error = self.error_here(format!("expected `=` after `{name}`"));
        let after = self.tokens.get(self.at + 1).map(|next| &next.token);
        match self.peek() {
            Token::Sign("==" | ":") => EquationError { suggestion: Some("=".to_owned()), ..error },
            Token::Sign(sign @ ("+" | "-" | "*" | "/" | "^")) if after == Some(&Token::Sign("=")) => {
                EquationError {
                    message: format!("`{sign}=` is not known here; write the name again"),
                    length: 2,
                    suggestion: Some(format!("{name} = {name} {sign} …")),
                    ..error
                }
            }
            _ => error,
        }
    }

    /// What is wrong where a value is followed by something that does not go on with it.
    pub(super) fn no_operator(&self, message: &str) -> EquationError {
        let suggestion = match self.peek() {
            Token::Name(name) if name == "and" => Some("&&"),
            Token::Name(name) if name == "or" => Some("||"),
            Token::Name(_) | Token::Number(_) | Token::Sign("(") => Some("*"),
            _ => None,
        };
        EquationError { suggestion: suggestion.map(str::to_owned), ..self.error_here(message) }
    }

    /// What is wrong where the next binding or the end was expected.
    pub(super) fn no_end(&self) -> EquationError {
        match self.peek() {
            Token::Sign("=") => {
                let after = self.tokens.get(self.at + 1).map(|next| &next.token);
                let meant = match after {
                    Some(Token::Sign(">")) => ">=",
                    Some(Token::Sign("<")) => "<=",
                    _ => "==",
                };
                EquationError {
                    suggestion: Some(meant.to_owned()),
                    ..self.error_here(format!("`=` sets a name; to compare, write `{meant}`"))
                }
            }
            Token::Sign(")") => self.error_here("this parenthesis closes nothing"),
            _ => self.no_operator("expected an operator, or a comma before the next equation"),
        }
    }

    /// What is wrong with a name that is no value.
    pub(super) fn no_value(&self, name: &str, place: &Placed) -> EquationError {
        if let Some(function) = functions::find(name) {
            return self.error(place, format!("`{name}` is a function: {}", function.usage));
        }
        let mut known: Vec<&str> = INPUTS.iter().map(|(known, _)| *known).collect();
        known.extend(CONSTANTS.iter().map(|(known, _)| *known));
        known.extend(self.names.iter().map(String::as_str));
        functions::names().for_each(|function| known.push(function));
        EquationError {
            suggestion: spelling::nearest(name, known.into_iter()),
            ..self.error(place, format!("`{name}` is not known here"))
        }
    }

    /// What is wrong with a name before a parenthesis that is no function.
    pub(super) fn no_function(&self, name: &str, place: &Placed) -> EquationError {
        let is_value = INPUTS.iter().any(|(known, _)| *known == name)
            || CONSTANTS.iter().any(|(known, _)| *known == name)
            || self.names.iter().any(|known| known == name);
        if is_value {
            return EquationError {
                suggestion: Some(format!("{name} * (")),
                ..self.error(place, format!("`{name}` is a value, no function; to multiply, write `*`"))
            };
        }
        EquationError {
            suggestion: spelling::nearest(name, functions::names()),
            ..self.error(place, format!("there is no function `{name}`"))
        }
    }
}
