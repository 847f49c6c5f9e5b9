"""The pages for people, as a browser shows them: tests in JavaScript that Playwright runs against a real stack.

`tests/run page` runs them all; `python3 -m page` does the same with what is built, and takes options of node:

    PYTHONPATH=tests python3 -m page --test-name-pattern=docs
    PYTHONPATH=tests python3 -m page run SCRIPT     a script of your own, which finds the services as the tests do
    PYTHONPATH=tests python3 -m page lighthouse     what `make lighthouse` prints
    PYTHONPATH=tests python3 -m page serve          only the services, until Ctrl-C
"""
