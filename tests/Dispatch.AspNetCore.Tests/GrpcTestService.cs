using System.Text;
using System.Threading.Channels;
using Grpc.AspNetCore.Server.Model;
using Grpc.Core;

namespace Dispatch.AspNetCore.Tests;

/// <summary>A gRPC service that is bound by hand: its messages are bytes, text and numbers, and no compiler of theirs is needed.</summary>
internal sealed class GrpcTestService : IServiceMethodProvider<GrpcTestService>
{
    private const string Name = "dispatch.Test";

    private static readonly Marshaller<string> Text = Marshallers.Create(Encoding.UTF8.GetBytes, Encoding.UTF8.GetString);
    private static readonly Marshaller<Number> Numbers = Marshallers.Create(n => BitConverter.GetBytes(n.Value), b => new Number(BitConverter.ToInt32(b)));
    private static readonly Marshaller<byte[]> Bytes = Marshallers.Create<byte[]>(b => b, b => b);

    public static Method<string, string> Where { get; } = new(MethodType.Unary, Name, "Where", Text, Text);

    public static Method<byte[], byte[]> Echo { get; } = new(MethodType.Unary, Name, "Echo", Bytes, Bytes);

    public static Method<Number, Number> Count { get; } = new(MethodType.ServerStreaming, Name, "Count", Numbers, Numbers);

    public static Method<Number, Number> Sum { get; } = new(MethodType.ClientStreaming, Name, "Sum", Numbers, Numbers);

    public static Method<Number, Number> Double { get; } = new(MethodType.DuplexStreaming, Name, "Double", Numbers, Numbers);

    public static Method<string, string> Wait { get; } = new(MethodType.Unary, Name, "Wait", Text, Text);

    /// <summary>Gets what calls of <see cref="Wait"/> did: each begins, and ends when it is cancelled.</summary>
    public Channel<string> Waits { get; } = Channel.CreateUnbounded<string>();

    /// <inheritdoc/>
    public void OnServiceMethodDiscovery(ServiceMethodProviderContext<GrpcTestService> context)
    {
        context.AddUnaryMethod(Where, [], static (_, name, call) => name == "nobody"
            ? throw new RpcException(new Status(StatusCode.NotFound, "There is no such name."))
            : Task.FromResult($"{name}: {call.GetHttpContext().Request.Protocol} {(EventLoop.Current is null ? "pool" : "loop")}"));
        context.AddUnaryMethod(Echo, [], static (_, bytes, _) => Task.FromResult(bytes));
        context.AddUnaryMethod(Wait, [], static (service, _, call) => service.WaitAsync(call));
        context.AddServerStreamingMethod(Count, [], static async (_, end, numbers, _) =>
        {
            for (int i = 0; i < end.Value; i++)
            {
                await numbers.WriteAsync(new Number(i));
            }
        });
        context.AddClientStreamingMethod(Sum, [], static async (_, numbers, _) =>
        {
            int sum = 0;
            await foreach (Number number in numbers.ReadAllAsync())
            {
                sum += number.Value;
            }

            return new Number(sum);
        });
        context.AddDuplexStreamingMethod(Double, [], static async (_, numbers, doubled, _) =>
        {
            await foreach (Number number in numbers.ReadAllAsync())
            {
                await doubled.WriteAsync(new Number(2 * number.Value));
            }
        });
    }

    private async Task<string> WaitAsync(ServerCallContext call)
    {
        TaskCompletionSource cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using CancellationTokenRegistration registration = call.CancellationToken.Register(cancelled.SetResult);
        Waits.Writer.TryWrite("began");
        await cancelled.Task;
        Waits.Writer.TryWrite("cancelled");
        return "too late";
    }

    /// <summary>A message that is a number.</summary>
    internal sealed record Number(int Value);
}
