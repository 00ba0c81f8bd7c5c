#!/usr/bin/env escript
%% proper.escript TERMS SEEDS CALLS PLAIN: hunts {Name, Part, Fault} terms, a JSON line for each hunt.
-mode(compile).

main([File, Seeds, Calls, Plain]) ->
    Here = filename:dirname(escript:script_name()),
    load(filename:join([Here, "..", "small", "small.erl"])),
    load(filename:join(Here, "proper_column.erl")),
    {ok, Rows} = file:consult(File),
    [hunt(Row, Seed, list_to_integer(Calls), Plain =:= "plain")
     || Row <- Rows, Seed <- lists:seq(0, list_to_integer(Seeds) - 1)],
    ok.

load(File) ->
    {ok, Module, Code} = compile:file(File, [binary, report]),
    {module, Module} = code:load_binary(Module, File, Code).

hunt({Name, Part, Fault}, Seed, Calls, Plain) ->
    Start = erlang:monotonic_time(microsecond),
    {Found, Length, Spent} = proper_column:hunt({Part, Fault}, Seed, Calls, Plain),
    Seconds = (erlang:monotonic_time(microsecond) - Start) / 1000000,
    {At, Shown} = case Found of 0 -> {Spent, "null"}; _ -> {Found, integer_to_list(Length)} end,
    io:format("{\"fault\": \"~s\", \"seed\": ~w, \"found\": ~w, \"calls\": ~w, \"length\": ~s, "
              "\"seconds\": ~.4f, \"spent\": ~w}~n", [Name, Seed, Found > 0, At, Shown, Seconds, Spent]).
