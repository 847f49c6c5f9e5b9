//! A Pratt parser for equations.

use super::lexer::{Placed, Token, tokens};
use super::{Binary, Binding, EquationError, Expression, Input, Program, Target, Unary, functions};
use crate::limits::ChainLimits;
use crate::refusal::{Passed, RefusalCode};

/// The names an equation can read without binding them.
pub(super) const INPUTS: [(&str, Input); 9] = [
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

/// The names of numbers.
pub(super) const CONSTANTS: [(&str, f32); 3] =
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
pub(super) fn parse(source: &str, limits: &ChainLimits) -> Result<Program, EquationError> {
    let (length, most) = (source.chars().count(), limits.max_equation_length);
    if length > most {
        return Err(EquationError {
            message: format!("an equation may have at most {most} characters, not {length}"),
            offset: 0,
            length,
            suggestion: None,
            passed: Some(Passed::new(RefusalCode::EquationTooLong, most)),
        });
    }
    let tokens = tokens(source)?;
    let mut parser = Parser { tokens: &tokens, at: 0, limits, depth: 0, nodes: 0, names: Vec::new() };
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
        return Err(parser.no_channel());
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

/// Tokens, and how far they have been read. What is said of mistakes is in `hints`.
pub(super) struct Parser<'a> {
    pub tokens: &'a [Placed],
    pub at: usize,
    limits: &'a ChainLimits,
    depth: usize,
    nodes: usize,
    /// The names set so far, those of channels included.
    pub names: Vec<String>,
}

impl Parser<'_> {
    pub fn peek(&self) -> &Token {
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
            _ => Err(self.no_end()),
        }
    }

    /// Counts a node of the tree, and refuses one too many.
    fn count(&mut self) -> Result<(), EquationError> {
        self.nodes += 1;
        let most = self.limits.max_equation_operations;
        if self.nodes <= most {
            return Ok(());
        }
        let message = format!("an equation may have at most {most} operations and values");
        Err(self.passed(RefusalCode::EquationTooComplex, most, message))
    }

    /// What is said at the word that passes a limit.
    fn passed(&self, code: RefusalCode, limit: usize, message: String) -> EquationError {
        EquationError { passed: Some(Passed::new(code, limit)), ..self.error_here(message) }
    }

    fn expression(&mut self, least: u8) -> Result<Expression, EquationError> {
        self.depth += 1;
        let most = self.limits.max_equation_depth;
        if self.depth > most {
            let message = format!("an equation may be nested at most {most} deep");
            return Err(self.passed(RefusalCode::EquationTooDeep, most, message));
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
        Err(self.no_value(name, place))
    }

    fn call(&mut self, name: &str, place: &Placed) -> Result<Expression, EquationError> {
        let Some(function) = functions::find(name) else {
            return Err(self.no_function(name, place));
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
