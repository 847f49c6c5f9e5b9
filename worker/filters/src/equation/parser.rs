//! A Pratt parser for equations.

use super::lexer::{Placed, Token, tokens};
use super::{
    Binary, Binding, EquationError, Expression, Input, MAX_EQUATION_BYTES, MAX_EQUATION_DEPTH,
    MAX_EQUATION_NODES, Program, Target, Unary, functions,
};
use crate::spelling;

/// The names an equation can read without binding them.
const INPUTS: [(&str, Input); 9] = [
    ("r", Input::Channel(0)),
    ("g", Input::Channel(1)),
    ("b", Input::Channel(2)),
    ("a", Input::Channel(3)),
    ("x", Input::X),
    ("y", Input::Y),
    ("w", Input::Width),
    ("h", Input::Height),
    ("luma", Input::Luma),
];

const CONSTANTS: [(&str, f32); 3] =
    [("pi", std::f32::consts::PI), ("tau", std::f32::consts::TAU), ("e", std::f32::consts::E)];

/// How tightly the binary signs bind: the left and the right side. Equal sides never meet, so that `a < b < c` is
/// read as `(a < b) < c` and `a ^ b ^ c` as `a ^ (b ^ c)`.
const BINARY: [(&str, Binary, u8, u8); 14] = [
    ("||", Binary::Or, 3, 4),
    ("&&", Binary::And, 5, 6),
    ("==", Binary::Equal, 7, 8),
    ("!=", Binary::Unequal, 7, 8),
    ("<", Binary::Less, 9, 10),
    ("<=", Binary::LessOrEqual, 9, 10),
    (">", Binary::Greater, 9, 10),
    (">=", Binary::GreaterOrEqual, 9, 10),
    ("+", Binary::Add, 11, 12),
    ("-", Binary::Subtract, 11, 12),
    ("*", Binary::Multiply, 13, 14),
    ("/", Binary::Divide, 13, 14),
    ("%", Binary::Modulo, 13, 14),
    ("^", Binary::Power, 18, 17),
];

/// `?` binds loosest of all.
const CONDITIONAL: (u8, u8) = (2, 1);
/// Signs in front bind tighter than `*` and looser than `^`: `-x^2` is `-(x^2)`.
const PREFIX: u8 = 15;

/// Reads a whole program.
pub(super) fn parse(source: &str) -> Result<Program, EquationError> {
    if source.len() > MAX_EQUATION_BYTES {
        return Err(EquationError {
            message: format!("an equation may have {MAX_EQUATION_BYTES} bytes"),
            offset: 0,
            length: source.chars().count(),
            suggestion: None,
        });
    }
    let tokens = tokens(source)?;
    let mut parser = Parser { tokens: &tokens, at: 0, depth: 0, nodes: 0, names: Vec::new() };
    let mut bindings = Vec::new();
    let mut spelled = Vec::new();
    loop {
        parser.skip(|token| matches!(token, Token::Newline | Token::Comma | Token::Semicolon));
        if parser.peek() == &Token::End {
            break;
        }
        let start = parser.at;
        bindings.push(parser.binding()?);
        spelled.push(spelling_of(&tokens[start..parser.at]));
        parser.end_of_binding()?;
    }
    if !bindings.iter().any(|binding| matches!(binding.target, Target::Channel(_))) {
        let small = parser.names.iter().map(|name| name.to_lowercase());
        let meant = small.into_iter().find(|name| ["r", "g", "b", "a"].contains(&name.as_str()));
        return Err(EquationError {
            suggestion: meant,
            ..parser.error_at_end("an equation sets at least one of r, g, b and a, as in `r = 1 - r`")
        });
    }
    Ok(Program { bindings, canonical: spelled.join(",") })
}

/// Tokens in their one spelling. Two words never stand side by side, but for the optional `let`, which goes.
fn spelling_of(tokens: &[Placed]) -> String {
    let mut text = String::new();
    for Placed { token, .. } in tokens {
        match token {
            Token::Number(value) => text.push_str(&value.to_string()),
            Token::Name(name) if name == "let" => {}
            Token::Name(name) => text.push_str(name),
            Token::Sign(sign) => text.push_str(sign),
            Token::Comma => text.push(','),
            Token::Semicolon | Token::Newline | Token::End => {}
        }
    }
    text
}

struct Parser<'a> {
    tokens: &'a [Placed],
    at: usize,
    depth: usize,
    nodes: usize,
    /// The names set so far, those of channels included.
    names: Vec<String>,
}

impl Parser<'_> {
    fn peek(&self) -> &Token {
        &self.tokens[self.at].token
    }

    fn advance(&mut self) -> Placed {
        let token = self.tokens[self.at].clone();
        self.at = (self.at + 1).min(self.tokens.len() - 1);
        token
    }

    fn skip(&mut self, unwanted: impl Fn(&Token) -> bool) {
        while unwanted(self.peek()) {
            self.at += 1;
        }
    }

    fn take(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek(), Token::Sign(next) if *next == sign);
        if found {
            self.at += 1;
        }
        found
    }

    fn error(&self, place: &Placed, message: impl Into<String>) -> EquationError {
        EquationError {
            message: message.into(),
            offset: place.offset,
            length: place.length,
            suggestion: None,
        }
    }

    fn error_here(&self, message: impl Into<String>) -> EquationError {
        self.error(&self.tokens[self.at], message)
    }

    fn error_at_end(&self, message: impl Into<String>) -> EquationError {
        self.error(&self.tokens[self.tokens.len() - 1], message)
    }

    fn binding(&mut self) -> Result<Binding, EquationError> {
        if matches!(self.peek(), Token::Name(name) if name == "let") {
            self.at += 1;
        }
        let place = self.advance();
        let Token::Name(name) = &place.token else {
            return Err(self.nothing_to_set(&place));
        };
        if !self.take("=") {
            return Err(self.nothing_set(name));
        }
        let target = self.target(name, &place)?;
        let value = self.expression(0)?;
        self.names.push(name.clone());
        Ok(Binding { target, value })
    }

    /// What is wrong where a name to set was expected.
    fn nothing_to_set(&self, place: &Placed) -> EquationError {
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
            };
        }
        self.error(place, "expected a name to set, as in `r = 1 - r`")
    }

    /// What is wrong where `=` was expected after a name.
    fn nothing_set(&self, name: &str) -> EquationError {
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
    fn no_operator(&self, message: &str) -> EquationError {
        let suggestion = match self.peek() {
            Token::Name(name) if name == "and" => Some("&&"),
            Token::Name(name) if name == "or" => Some("||"),
            Token::Name(_) | Token::Number(_) | Token::Sign("(") => Some("*"),
            _ => None,
        };
        EquationError { suggestion: suggestion.map(str::to_owned), ..self.error_here(message) }
    }

    fn target(&self, name: &str, place: &Placed) -> Result<Target, EquationError> {
        if self.names.iter().any(|known| known == name) {
            return Err(self.error(place, format!("`{name}` is set twice")));
        }
        if let Some((_, Input::Channel(channel))) = INPUTS.into_iter().find(|(known, _)| *known == name) {
            return Ok(Target::Channel(channel));
        }
        let taken = INPUTS.iter().any(|(known, _)| *known == name)
            || CONSTANTS.iter().any(|(known, _)| *known == name)
            || functions::find(name).is_some();
        if taken {
            return Err(self.error(place, format!("`{name}` has a meaning already and cannot be set")));
        }
        Ok(Target::Local(name.to_owned()))
    }

    fn end_of_binding(&mut self) -> Result<(), EquationError> {
        match self.peek() {
            Token::Newline | Token::Comma | Token::Semicolon | Token::End => Ok(()),
            Token::Sign("=") => {
                let after = self.tokens.get(self.at + 1).map(|next| &next.token);
                let meant = match after {
                    Some(Token::Sign(">")) => ">=",
                    Some(Token::Sign("<")) => "<=",
                    _ => "==",
                };
                Err(EquationError {
                    suggestion: Some(meant.to_owned()),
                    ..self.error_here(format!("`=` sets a name; to compare, write `{meant}`"))
                })
            }
            Token::Sign(")") => Err(self.error_here("this parenthesis closes nothing")),
            _ => Err(self.no_operator("expected an operator, or a comma before the next equation")),
        }
    }

    /// Counts a node of the tree, and refuses one too many.
    fn count(&mut self) -> Result<(), EquationError> {
        self.nodes += 1;
        if self.nodes > MAX_EQUATION_NODES {
            let message = format!("an equation may have {MAX_EQUATION_NODES} operations and numbers");
            return Err(self.error_here(message));
        }
        Ok(())
    }

    fn expression(&mut self, least: u8) -> Result<Expression, EquationError> {
        self.depth += 1;
        if self.depth > MAX_EQUATION_DEPTH {
            let message = format!("an equation may be nested {MAX_EQUATION_DEPTH} deep");
            return Err(self.error_here(message));
        }
        let mut left = self.operand()?;
        while let Token::Sign(sign) = *self.peek() {
            if sign == "?" && CONDITIONAL.0 >= least {
                self.count()?;
                self.at += 1;
                let yes = self.expression(0)?;
                self.skip(|token| *token == Token::Newline);
                if !self.take(":") {
                    return Err(self.error_here("expected `:`, as in `r > 0.5 ? 1 : 0`"));
                }
                let no = self.expression(CONDITIONAL.1)?;
                left = Expression::Conditional(Box::new(left), Box::new(yes), Box::new(no));
                continue;
            }
            let Some((_, operation, _, after)) =
                BINARY.into_iter().find(|(known, _, before, _)| *known == sign && *before >= least)
            else {
                break;
            };
            self.count()?;
            self.at += 1;
            let right = self.expression(after)?;
            left = Expression::Binary(operation, Box::new(left), Box::new(right));
        }
        self.depth -= 1;
        Ok(left)
    }

    fn operand(&mut self) -> Result<Expression, EquationError> {
        self.count()?;
        // A line may end where the expression evidently goes on.
        self.skip(|token| *token == Token::Newline);
        let place = self.advance();
        match &place.token {
            Token::Number(value) => Ok(Expression::Number(*value)),
            Token::Name(name) => self.name(name, &place),
            Token::Sign("-") => Ok(Expression::Unary(Unary::Negate, Box::new(self.expression(PREFIX)?))),
            Token::Sign("+") => self.expression(PREFIX),
            Token::Sign("!") => Ok(Expression::Unary(Unary::Not, Box::new(self.expression(PREFIX)?))),
            Token::Sign("(") => {
                let inner = self.expression(0)?;
                self.close(&place)?;
                Ok(inner)
            }
            Token::End => Err(self.error(&place, "the equation ends where a value was expected")),
            _ => Err(self.error(&place, "expected a number, a name or a parenthesis")),
        }
    }

    fn close(&mut self, open: &Placed) -> Result<(), EquationError> {
        if self.take(")") {
            return Ok(());
        }
        if self.peek() == &Token::End {
            return Err(self.error(open, "this parenthesis is never closed"));
        }
        Err(self.no_operator("expected an operator or `)`"))
    }

    fn name(&mut self, name: &str, place: &Placed) -> Result<Expression, EquationError> {
        if matches!(self.peek(), Token::Sign("(")) {
            return self.call(name, place);
        }
        if let Some((_, input)) = INPUTS.into_iter().find(|(known, _)| *known == name) {
            return Ok(Expression::Input(input));
        }
        if let Some(binding) = self.names.iter().position(|known| known == name) {
            return Ok(Expression::Local(binding));
        }
        if let Some((_, value)) = CONSTANTS.into_iter().find(|(known, _)| *known == name) {
            return Ok(Expression::Number(value));
        }
        if let Some(function) = functions::find(name) {
            let message = format!("`{name}` is a function: {}", function.usage);
            return Err(self.error(place, message));
        }
        let mut known: Vec<&str> = INPUTS.iter().map(|(known, _)| *known).collect();
        known.extend(CONSTANTS.iter().map(|(known, _)| *known));
        known.extend(self.names.iter().map(String::as_str));
        functions::names().for_each(|function| known.push(function));
        Err(EquationError {
            suggestion: spelling::nearest(name, known.into_iter()),
            ..self.error(place, format!("`{name}` is not known here"))
        })
    }

    fn call(&mut self, name: &str, place: &Placed) -> Result<Expression, EquationError> {
        let Some(function) = functions::find(name) else {
            let is_value = INPUTS.iter().any(|(known, _)| *known == name)
                || CONSTANTS.iter().any(|(known, _)| *known == name)
                || self.names.iter().any(|known| known == name);
            if is_value {
                return Err(EquationError {
                    suggestion: Some(format!("{name} * (")),
                    ..self.error(place, format!("`{name}` is a value, no function; to multiply, write `*`"))
                });
            }
            return Err(EquationError {
                suggestion: spelling::nearest(name, functions::names()),
                ..self.error(place, format!("there is no function `{name}`"))
            });
        };
        let open = self.advance();
        let mut arguments = Vec::new();
        while !matches!(self.peek(), Token::Sign(")")) {
            arguments.push(self.expression(0)?);
            if self.peek() != &Token::Comma {
                break;
            }
            self.at += 1;
        }
        self.close(&open)?;
        let (least, most) = function.arguments;
        // A clamp has no bounds or both.
        let half = name == "clamp" && arguments.len() == 2;
        if arguments.len() < least || arguments.len() > most || half {
            return Err(self.error(place, format!("`{name}` is called as {}", function.usage)));
        }
        Ok(Expression::Call(function, arguments))
    }
}
