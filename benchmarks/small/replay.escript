#!/usr/bin/env escript
%% Reads a file of Erlang terms {Part, Fault, Operations}; answers each with the results as JSON.
-mode(compile).

main([File]) ->
    Here = filename:dirname(escript:script_name()),
    {ok, small, Code} = compile:file(filename:join(Here, "small.erl"), [binary]),
    {module, small} = code:load_binary(small, "small.erl", Code),
    {ok, Cases} = file:consult(File),
    lists:foreach(fun answer/1, Cases).

answer({Part, Fault, Operations}) ->
    Results = play(Operations, small:new(Part, Fault)),
    io:format("[~s]~n", [lists:join(",", Results)]).

play([], _) -> [];
play([Operation | Rest], State) ->
    try small:perform(Operation, State) of
        {Result, Next} -> [io_lib:format("~w", [Result]) | play(Rest, Next)]
    catch
        error:_ -> ["\"lost\""]
    end.
